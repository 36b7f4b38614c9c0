"""The words and numbers that all parts agree on."""

BENIGN, MALIGNANT = 0, 1
"""The two diagnoses, as every table and array that we write has them."""
CLASS_NAMES = ("benign", "malignant")

SIGNS = ("positive", "negative")
"""Of neighbours: on the manifold of their class, or off it."""
