"""What stands between Snakemake and the method: programs, settings, source files.

In: a config and a command line. Out: the options of a program, and its rule's inputs.
"""
