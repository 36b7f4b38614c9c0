import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, roc_auc_score

from coin.evaluation.metrics import accuracy, auc

held_out = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0])), min_size=1
)


@given(held_out)
def test_figures_agree_with_scikit_learn(masses):
    label, probability = (np.array(column) for column in zip(*masses, strict=True))
    assert accuracy(label, probability) == accuracy_score(label, probability >= 0.5)
    if len(set(label)) == 2:
        assert auc(label, probability) == pytest.approx(roc_auc_score(label, probability))
    else:
        assert math.isnan(auc(label, probability))


def test_auc_of_a_case_worked_by_hand():
    # Pairs (malignant, benign): 0.8 beats both; 0.3 loses to 0.6 and ties with 0.3.
    assert auc(np.array([1, 1, 0, 0]), np.array([0.8, 0.3, 0.6, 0.3])) == 2.5 / 4
