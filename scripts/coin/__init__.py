"""The method, as a library that knows nothing of Snakemake.

Its parts stand in the order in which data flow; a module imports only from its own part and from
those before it: common, data, neighbours, cgan, graph, diagnosis, peers, evaluation, figures,
provenance, paper, workflow.
"""
