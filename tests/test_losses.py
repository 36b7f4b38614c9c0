import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pytorch_metric_learning.distances import CosineSimilarity, LpDistance
from pytorch_metric_learning.losses import ContrastiveLoss, SupConLoss, TripletMarginLoss
from pytorch_metric_learning.reducers import SumReducer
from torch.nn import functional

from coin.diagnosis.losses import (
    NO_DIAGNOSIS,
    cross_entropy,
    edge_distance,
    has_gradient,
    signed_graph_loss,
    supervised_contrastive_loss,
    triplet_loss,
)

READINGS = [("euclidean", True), ("euclidean", False), ("cosine", True), ("angular", True)]


def random_graph(seed, n_nodes=12, n_edges=40):
    generator = torch.Generator().manual_seed(seed)
    latent = torch.randn(n_nodes, 5, generator=generator, dtype=torch.float64)
    edges = torch.randint(0, n_nodes, (2, n_edges), generator=generator)
    edges = edges[:, edges[0] != edges[1]]
    signs = torch.where(torch.rand(edges.shape[1], generator=generator) < 0.5, 1, -1)
    return latent, edges, signs.to(torch.int8)


def by_double_loop(latent, edges, signs, margin, distance, normalise):
    """J_g of (5) as it is printed: over all i, j, with phi_ij of equation (4)."""
    phi = {(int(i), int(j)): int(s) for (i, j), s in zip(edges.T, signs, strict=True)}
    total = 0.0
    for i, x in enumerate(latent.numpy()):
        for j, y in enumerate(latent.numpy()):
            if (i, j) not in phi:
                continue
            cosine = x @ y / np.linalg.norm(x) / np.linalg.norm(y)
            if distance == "cosine":
                dist = 1 - cosine
            elif distance == "angular":
                dist = np.arccos(cosine) / np.pi
            elif normalise:
                dist = np.linalg.norm(x / np.linalg.norm(x) - y / np.linalg.norm(y))
            else:
                dist = np.linalg.norm(x - y)
            total += dist if phi[i, j] > 0 else max(0.0, margin + phi[i, j] * dist)
    return total


@pytest.mark.parametrize(("distance", "normalise"), READINGS)
@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10**6), margin=st.floats(0, 2.5))
def test_graph_loss_is_equation_5(distance, normalise, seed, margin):
    latent, edges, signs = random_graph(seed)
    _, first = torch.unique(edges, dim=1, return_inverse=True)
    kept = [int((first == k).nonzero()[0]) for k in range(int(first.max()) + 1)]
    edges, signs = edges[:, kept], signs[kept]
    expected = by_double_loop(latent, edges, signs, margin, distance, normalise)
    found = edge_distance(latent, edges, distance, normalise)
    loss = signed_graph_loss(found, signs, margin, "sum")
    assert float(loss) == pytest.approx(expected, rel=1e-12, abs=1e-12)
    mean = signed_graph_loss(found, signs, margin, "mean")
    assert float(mean) == pytest.approx(expected / edges.shape[1], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("normalise", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_graph_loss_and_gradient_agree_with_pytorch_metric_learning(seed, normalise):
    latent, edges, signs = random_graph(seed)
    latent.requires_grad_()
    reference = ContrastiveLoss(
        pos_margin=0,
        neg_margin=1,
        distance=LpDistance(normalize_embeddings=False),
        reducer=SumReducer(),
    )
    near, far = edges[:, signs > 0], edges[:, signs < 0]
    put = functional.normalize(latent) if normalise else latent
    expected = reference(put, indices_tuple=(*near, *far))
    found = signed_graph_loss(edge_distance(latent, edges, normalise=normalise), signs, 1.0, "sum")
    torch.testing.assert_close(found, expected, rtol=1e-7, atol=0)
    (expected_gradient,) = torch.autograd.grad(expected, latent)
    (found_gradient,) = torch.autograd.grad(found, latent)
    torch.testing.assert_close(found_gradient, expected_gradient, rtol=1e-6, atol=1e-7)


def test_cosine_distance_agrees_with_pytorch_metric_learning():
    """Which has no angular one; of similarities it wants the margins as similarities."""
    latent, edges, signs = random_graph(3)
    reference = ContrastiveLoss(
        pos_margin=1, neg_margin=1 - 0.8, distance=CosineSimilarity(), reducer=SumReducer()
    )
    near, far = edges[:, signs > 0], edges[:, signs < 0]
    expected = reference(latent, indices_tuple=(*near, *far))
    found = signed_graph_loss(edge_distance(latent, edges, "cosine"), signs, 0.8, "sum")
    torch.testing.assert_close(found, expected, rtol=1e-7, atol=0)


def test_distances_worked_by_hand():
    latent = torch.tensor([[3.0, 0.0], [0.0, 4.0], [-1.0, 0.0], [2.0, 2.0]])
    edges = torch.tensor([[0, 0, 0], [1, 2, 3]])
    expected = {
        ("euclidean", False): [5, 4, math.sqrt(5)],
        ("euclidean", True): [math.sqrt(2), 2, math.sqrt(2 - math.sqrt(2))],
        ("cosine", True): [1, 2, 1 - math.sqrt(0.5)],
        ("angular", True): [0.5, 1, 0.25],
    }
    for (distance, normalise), values in expected.items():
        found = edge_distance(latent, edges, distance, normalise)
        assert found.tolist() == pytest.approx(values, rel=1e-6)
    for distance in ("cosine", "angular"):  # of directions, whatever `normalise` says
        found = [edge_distance(latent, edges, distance, normalise) for normalise in (True, False)]
        assert torch.equal(*found)


def test_only_edges_that_the_loss_moves_have_a_gradient():
    distance = torch.tensor([0.5, 0.0, 0.5, 1.0, 1.5, 0.0], requires_grad=True)
    signs = torch.tensor([1, 1, -1, -1, -1, -1])
    assert has_gradient(distance, signs, 1.0).tolist() == [True, False, True, False, False, False]


@pytest.mark.parametrize(("distance", "normalise"), READINGS)
def test_gradient_is_that_of_finite_differences(distance, normalise):
    latent, edges, signs = random_graph(0)
    assert torch.autograd.gradcheck(
        lambda h: signed_graph_loss(
            edge_distance(h, edges, distance, normalise), signs, 0.9, "sum"
        ),
        latent.requires_grad_(),
    )


@pytest.mark.parametrize(("distance", "normalise"), READINGS)
@pytest.mark.parametrize("sign", [1, -1])
def test_equal_nodes_pull_and_push_nowhere(sign, distance, normalise):
    latent = torch.tensor([[1.0, 2.0], [1.0, 2.0]], requires_grad=True)
    edges, signs = torch.tensor([[0], [1]]), torch.tensor([sign])
    loss = signed_graph_loss(edge_distance(latent, edges, distance, normalise), signs, 1.0)
    loss.backward()
    assert loss.item() == (0 if sign > 0 else 1)
    assert torch.equal(latent.grad, torch.zeros(2, 2))


@pytest.mark.parametrize("gap", [1e-2, 1e-4, 1e-6])
@pytest.mark.parametrize(("distance", "scale"), [("euclidean", 1), ("angular", 1 / math.pi)])
def test_near_copies_are_told_apart_in_float32(distance, scale, gap):
    # Two unit vectors an angle `gap` apart: |h_0 - h_1| = gap, pulled along the circle, by 1.
    latent = torch.tensor([[1.0, 0.0], [1.0, gap]], requires_grad=True)
    edges = torch.tensor([[0], [1]])
    loss = signed_graph_loss(edge_distance(latent, edges, distance), torch.tensor([1]), 1.0)
    loss.backward()
    assert loss.item() == pytest.approx(scale * gap, rel=1e-3)
    expected = scale * torch.tensor([[0.0, -1.0], [0.0, 1.0]])
    torch.testing.assert_close(latent.grad, expected, rtol=0, atol=2 * gap)


@pytest.mark.parametrize("gap", [1e-2, 1e-4, 1e-6])
def test_cosine_distance_of_near_copies_holds_in_float32(gap):
    latent = torch.tensor([[1.0, 0.0], [1.0, gap]], requires_grad=True)
    distance = edge_distance(latent, torch.tensor([[0], [1]]), "cosine")
    distance.sum().backward()
    assert distance.item() == pytest.approx(gap**2 / 2, rel=1e-3)
    expected = torch.tensor([[0.0, -gap], [0.0, gap]])
    torch.testing.assert_close(latent.grad, expected, rtol=0, atol=2 * gap**2)


@pytest.mark.parametrize(("distance", "normalise"), READINGS)
def test_a_batch_without_edges_costs_nothing(distance, normalise):
    latent = torch.arange(12.0).reshape(3, 4).requires_grad_()
    no_edges, no_signs = torch.zeros(2, 0, dtype=torch.int64), torch.zeros(0, dtype=torch.int8)
    for reduction in ("mean", "sum"):
        found = edge_distance(latent, no_edges, distance, normalise)
        loss = signed_graph_loss(found, no_signs, 1.0, reduction)
        loss.backward()
        assert loss.item() == 0
        assert not latent.grad.any()


PEERS = {
    "supervised_contrastive": (
        lambda latent, label: supervised_contrastive_loss(latent, label, 0.1),
        SupConLoss(temperature=0.1),
    ),
    "triplet": (
        lambda latent, label: triplet_loss(latent, label, 0.2, "euclidean", normalise=True),
        TripletMarginLoss(margin=0.2),
    ),
}


@pytest.mark.parametrize("name", PEERS)
@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10**6), some=st.lists(st.integers(0, 1), max_size=10))
def test_a_peers_loss_and_gradient_agree_with_pytorch_metric_learning(name, seed, some):
    labels = [0, 1, *some]  # of one class alone it takes no contrastive loss, which the paper does
    found, reference = PEERS[name]
    latent = torch.randn(
        len(labels), 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    ).requires_grad_()
    loss, expected = found(latent, torch.tensor(labels)), reference(latent, torch.tensor(labels))
    torch.testing.assert_close(loss, expected, rtol=1e-6, atol=1e-12)
    gradients = [torch.autograd.grad(each, latent)[0] for each in (loss, expected)]
    torch.testing.assert_close(*gradients, rtol=1e-5, atol=1e-7)


def test_the_supervised_contrastive_loss_worked_by_hand():
    """Anchors 0 and 1 are at a right angle and alike; 2, opposite to 0, has none of its class."""
    latent = torch.tensor([[2.0, 0.0], [0.0, 1.0], [-3.0, 0.0]])
    loss = supervised_contrastive_loss(latent, torch.tensor([0, 0, 1]), temperature=0.5)
    of_0 = math.log(math.exp(0) / (math.exp(0) + math.exp(-1 / 0.5)))
    of_1 = math.log(1 / 2)
    assert loss.item() == pytest.approx(-(of_0 + of_1) / 2, rel=1e-6)


def test_the_triplet_loss_worked_by_hand():
    """On a line at 0, 1 | 3: of anchor 0 the other class is far enough, of anchor 1 not quite."""
    latent = torch.tensor([[0.0], [1.0], [3.0]])
    loss = triplet_loss(latent, torch.tensor([0, 0, 1]), 1.5, "euclidean", normalise=False)
    assert loss.item() == pytest.approx(1 - 2 + 1.5)  # 1 - 3 + 1.5 < 0 does not count
    more = triplet_loss(latent, torch.tensor([0, 0, 1]), 2.5, "euclidean", normalise=False)
    assert more.item() == pytest.approx(((1 - 3 + 2.5) + (1 - 2 + 2.5)) / 2)


@pytest.mark.parametrize("name", PEERS)
def test_a_node_without_a_diagnosis_is_in_no_peers_loss(name):
    found, _ = PEERS[name]
    latent = torch.randn(7, 3, generator=torch.Generator().manual_seed(1)).requires_grad_()
    label = torch.tensor([0, 1, NO_DIAGNOSIS, 0, 1, NO_DIAGNOSIS, 1])
    diagnosed = label != NO_DIAGNOSIS
    loss = found(latent, label)
    torch.testing.assert_close(loss, found(latent[diagnosed], label[diagnosed]))
    loss.backward()
    assert latent.grad[diagnosed].any() and not latent.grad[~diagnosed].any()


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("label", [[1], [0, 1], [NO_DIAGNOSIS] * 3])
def test_a_batch_without_two_of_a_class_costs_a_peer_nothing(name, label):
    latent = torch.eye(3)[: len(label)].requires_grad_()
    loss = PEERS[name][0](latent, torch.tensor(label))
    loss.backward()
    assert loss.item() == 0 and not latent.grad.any()


def test_cross_entropy_is_equation_6_over_the_nodes_with_a_diagnosis():
    logits = torch.tensor([[0.0, math.log(3)], [5.0, -5.0], [0.0, 0.0]])
    label = torch.tensor([1, NO_DIAGNOSIS, 0])
    expected = -(math.log(3 / 4) + math.log(1 / 2)) / 2
    assert float(cross_entropy(logits, label)) == pytest.approx(expected, rel=1e-6)
    assert float(cross_entropy(logits, torch.full((3,), NO_DIAGNOSIS))) == 0
