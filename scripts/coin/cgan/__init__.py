"""The conditional GAN that adversarial augmentation is compared with ([39], Section III-B.1).

In: a training fold's ROIs of one class. Out: images made from them.
"""
