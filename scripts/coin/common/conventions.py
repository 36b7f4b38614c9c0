"""The words and numbers that all parts agree on."""

BENIGN, MALIGNANT = 0, 1
"""The two diagnoses, as every table and array that we write has them."""
CLASS_NAMES = ("benign", "malignant")

SIGNS = ("positive", "negative")
"""Of neighbours: X+ looks like its class, X- does not."""
GREY_LEVEL = 1 / 255
"""One grey level of an 8-bit image, where white is 1: what differs by less is a copy."""
