"""What all parts agree on, as every table, array and file name that we write has it."""

BENIGN, MALIGNANT = 0, 1
CLASS_NAMES = ("benign", "malignant")
SIGNS = ("positive", "negative")
"""Of neighbours: X+ looks like its class, X- does not."""
GREY_LEVEL = 1 / 255
"""One grey level of an 8-bit image, where white is 1: what differs by less is a copy."""
