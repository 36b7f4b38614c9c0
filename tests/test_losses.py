import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.losses import ContrastiveLoss
from pytorch_metric_learning.reducers import SumReducer
from torch.nn import functional

from coin.diagnosis.losses import NO_DIAGNOSIS, cross_entropy, signed_graph_loss


def random_graph(seed, n_nodes=12, n_edges=40):
    generator = torch.Generator().manual_seed(seed)
    latent = torch.randn(n_nodes, 5, generator=generator, dtype=torch.float64)
    edges = torch.randint(0, n_nodes, (2, n_edges), generator=generator)
    edges = edges[:, edges[0] != edges[1]]
    signs = torch.where(torch.rand(edges.shape[1], generator=generator) < 0.5, 1, -1)
    return latent, edges, signs.to(torch.int8)


def by_double_loop(latent, edges, signs, margin):
    total = 0.0
    phi = {(int(i), int(j)): int(s) for (i, j), s in zip(edges.T, signs, strict=True)}
    for i, x in enumerate(latent.tolist()):
        for j, y in enumerate(latent.tolist()):
            if (i, j) not in phi:
                continue
            norm_x, norm_y = math.hypot(*x), math.hypot(*y)
            distance = math.dist([a / norm_x for a in x], [b / norm_y for b in y])
            total += distance if phi[i, j] > 0 else max(0.0, margin + phi[i, j] * distance)
    return total


@settings(deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 2.5))
def test_graph_loss_is_equation_5(seed, margin):
    latent, edges, signs = random_graph(seed)
    _, first = torch.unique(edges, dim=1, return_inverse=True)
    kept = [int((first == k).nonzero()[0]) for k in range(int(first.max()) + 1)]
    edges, signs = edges[:, kept], signs[kept]
    expected = by_double_loop(latent, edges, signs, margin)
    loss = signed_graph_loss(latent, edges, signs, margin, "sum")
    assert float(loss) == pytest.approx(expected, rel=1e-13, abs=1e-13)
    mean = signed_graph_loss(latent, edges, signs, margin, "mean")
    assert float(mean) == pytest.approx(expected / edges.shape[1], rel=1e-13, abs=1e-13)


@pytest.mark.parametrize("seed", range(5))
def test_graph_loss_and_gradient_agree_with_pytorch_metric_learning(seed):
    latent, edges, signs = random_graph(seed)
    latent.requires_grad_()
    reference = ContrastiveLoss(
        pos_margin=0,
        neg_margin=1,
        distance=LpDistance(normalize_embeddings=False),
        reducer=SumReducer(),
    )
    near, far = edges[:, signs > 0], edges[:, signs < 0]
    expected = reference(functional.normalize(latent), indices_tuple=(*near, *far))
    found = signed_graph_loss(latent, edges, signs, 1.0, "sum")
    torch.testing.assert_close(found, expected, rtol=1e-7, atol=0)
    (expected_gradient,) = torch.autograd.grad(expected, latent)
    (found_gradient,) = torch.autograd.grad(found, latent)
    torch.testing.assert_close(found_gradient, expected_gradient, rtol=1e-6, atol=1e-7)


def test_gradient_is_that_of_finite_differences():
    latent, edges, signs = random_graph(0)
    assert torch.autograd.gradcheck(
        lambda h: signed_graph_loss(h, edges, signs, 0.9, "sum"), latent.requires_grad_()
    )


@pytest.mark.parametrize("sign", [1, -1])
def test_equal_nodes_pull_and_push_nowhere(sign):
    latent = torch.tensor([[1.0, 2.0], [1.0, 2.0]], requires_grad=True)
    edges, signs = torch.tensor([[0], [1]]), torch.tensor([sign])
    loss = signed_graph_loss(latent, edges, signs, 1.0)
    loss.backward()
    assert loss.item() == (0 if sign > 0 else 1)
    assert torch.equal(latent.grad, torch.zeros(2, 2))


@pytest.mark.parametrize("gap", [1e-2, 1e-4, 1e-6])
def test_near_copies_are_told_apart_in_float32(gap):
    # Two unit vectors an angle `gap` apart: |h_0 - h_1| = gap, pulled along the circle, by 1.
    latent = torch.tensor([[1.0, 0.0], [1.0, gap]], requires_grad=True)
    loss = signed_graph_loss(latent, torch.tensor([[0], [1]]), torch.tensor([1]), 1.0)
    loss.backward()
    assert loss.item() == pytest.approx(gap, rel=1e-3)
    torch.testing.assert_close(
        latent.grad, torch.tensor([[0.0, -1.0], [0.0, 1.0]]), rtol=0, atol=2 * gap
    )


def test_a_batch_without_edges_costs_nothing():
    latent = torch.arange(12.0).reshape(3, 4).requires_grad_()
    no_edges = torch.zeros(2, 0, dtype=torch.int64), torch.zeros(0, dtype=torch.int8)
    for reduction in ("mean", "sum"):
        loss = signed_graph_loss(latent, *no_edges, 1.0, reduction)
        loss.backward()
        assert loss.item() == 0
        assert not latent.grad.any()


def test_cross_entropy_is_equation_6_over_the_nodes_with_a_diagnosis():
    logits = torch.tensor([[0.0, math.log(3)], [5.0, -5.0], [0.0, 0.0]])
    label = torch.tensor([1, NO_DIAGNOSIS, 0])
    expected = -(math.log(3 / 4) + math.log(1 / 2)) / 2
    assert float(cross_entropy(logits, label)) == pytest.approx(expected, rel=1e-6)
    assert float(cross_entropy(logits, torch.full((3,), NO_DIAGNOSIS))) == 0
