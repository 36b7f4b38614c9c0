"""The paper's figures, and some of our own.

In: ROIs, neighbours, graphs, models and tables. Out: matplotlib figures, in one style.
"""
