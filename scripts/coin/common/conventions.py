"""The two diagnoses, as every table and array that we write has them."""

BENIGN, MALIGNANT = 0, 1
CLASS_NAMES = ("benign", "malignant")
