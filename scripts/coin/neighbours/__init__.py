"""Adversarial augmentation (Section III-B): equations (1) to (3).

In: a training fold's ROIs of one class. Out: its positive and negative neighbours.
"""
