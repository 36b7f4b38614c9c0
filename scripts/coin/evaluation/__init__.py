"""From held-out predictions to the paper's tables.

In: predictions.csv of every training. Out: metrics with their intervals, comparisons of arms, the
paper's claims judged, Tables I and II, the numbers of Fig. 5.
"""
