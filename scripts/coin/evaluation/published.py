"""The paper's own figures, on INbreast, as Li et al. print them. Nothing here is measured by us.

Shares and areas lie in [0, 1]; `None` is what the paper leaves out.
"""

from typing import NamedTuple

DATA = "INbreast"


class Published(NamedTuple):
    """One row of a table of the paper."""

    accuracy: float
    auc: float | None
    accuracy_std: float | None = None
    auc_std: float | None = None


TABLE1 = {
    "none": Published(0.83, 0.85),
    "conventional": Published(0.87, 0.88),
    "cgan": Published(0.88, 0.89),
    "adversarial": Published(0.89, 0.92),
}
"""Table I, by augmentation method."""

TABLE2 = {
    "Domingues et al. (2012)": Published(0.89, None),
    "Dhungel et al. (2016)": Published(0.91, 0.76),
    "Zhu et al. (2017)": Published(0.90, 0.89),
    "Shams et al. (2018)": Published(0.93, 0.92),
    "Li et al. (2019)": Published(0.88, 0.92),
    "COIN (Li et al.)": Published(0.934, 0.950, accuracy_std=0.019, auc_std=0.02),
}
"""Table II: other groups' methods, as the paper cites them, and the paper's own COIN."""
