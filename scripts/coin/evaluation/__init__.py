"""From held-out predictions to the paper's tables.

In: predictions.csv of every training. Out: metrics, Tables I and II, the numbers of Fig. 5.
"""
