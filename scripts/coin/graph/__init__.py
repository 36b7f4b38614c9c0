"""The signed graph over reals and neighbours (Section III-C): equation (4).

In: a fold's expanded data. Out: its graph, and batches that follow it.
"""
