"""The network of Fig. 4 and its training: equations (5) to (7).

In: a fold's expanded data and graph. Out: a model, its held-out predictions and latent features.
"""
