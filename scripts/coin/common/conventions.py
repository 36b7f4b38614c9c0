"""The words and numbers that all parts agree on."""

BENIGN, MALIGNANT = 0, 1
"""The two diagnoses, as every table and array that we write has them."""
CLASS_NAMES = ("benign", "malignant")

SIGNS = ("positive", "negative")
"""Of neighbours: X+ looks like its class, X- does not."""
GREY_LEVEL = 1 / 255
"""One grey level of an 8-bit image, where white is 1: what differs by less is a copy."""


def point_arm(point: tuple[int, int]) -> str:
    """Return the name of the arm that is a point (n+, n-) of the grid."""
    return f"positive{point[0]}_negative{point[1]}"


def weight_arm(weight: float) -> str:
    """Return the name of the arm that is a weight of the sweep."""
    return f"weight{weight:.12g}"
