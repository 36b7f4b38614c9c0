import all_neighbours
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from coin.diagnosis.losses import signed_graph_loss
from coin.graph.batches import Epoch, plan_epoch


def random_graph(seed, n_nodes, per_node=3):
    random = np.random.default_rng(seed)
    rows = np.repeat(np.arange(n_nodes), per_node)
    columns = random.integers(0, n_nodes, len(rows))
    keep = rows != columns
    dense = np.zeros((n_nodes, n_nodes), np.int8)
    dense[rows[keep], columns[keep]] = random.choice([-1, 1], keep.sum())
    return sparse.csr_array(dense)


def ring(n_nodes):
    """Every node linked to the two that follow it."""
    rows = np.repeat(np.arange(n_nodes), 2)
    columns = (rows + np.tile([1, 2], n_nodes)) % n_nodes
    signs = np.tile(np.array([1, -1], np.int8), n_nodes)
    return sparse.csr_array((signs, (rows, columns)), shape=(n_nodes, n_nodes))


def used(plan):
    """The plan's edges as {(anchor, neighbour): sign}, whatever the batch."""
    found = {}
    batches = np.split(plan.nodes, np.cumsum(plan.batch_sizes)[:-1])
    ends = np.split(plan.edges, np.cumsum(plan.edge_counts)[:-1], axis=1)
    signs = np.split(plan.signs, np.cumsum(plan.edge_counts)[:-1])
    for batch, edges, sign in zip(batches, ends, signs, strict=True):
        found |= dict(zip(zip(*batch[edges].tolist(), strict=True), sign.tolist(), strict=True))
    return found


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(1, 20), st.booleans())
def test_every_node_goes_through_once_in_even_batches(seed, n_nodes, batch_size, follow):
    graph = random_graph(seed, n_nodes) if follow else None
    plan = plan_epoch(n_nodes, graph, batch_size, np.random.default_rng(seed))
    assert sorted(plan.nodes.tolist()) == list(range(n_nodes))
    assert sum(plan.batch_sizes) == n_nodes
    assert max(plan.batch_sizes) <= batch_size
    assert max(plan.batch_sizes) - min(plan.batch_sizes) <= 1


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(1, 20))
def test_the_edges_used_are_those_with_both_ends_in_a_batch(seed, n_nodes, batch_size):
    graph = random_graph(seed, n_nodes)
    plan = plan_epoch(n_nodes, graph, batch_size, np.random.default_rng(seed))
    number = np.repeat(range(len(plan.batch_sizes)), plan.batch_sizes)
    batch_of = dict(zip(plan.nodes, number, strict=True))
    edges = graph.tocoo()
    expected = {
        (int(i), int(j)): int(sign)
        for i, j, sign in zip(edges.row, edges.col, edges.data, strict=True)
        if batch_of[i] == batch_of[j]
    }
    assert used(plan) == expected


def test_one_batch_uses_every_edge():
    plan = plan_epoch(50, ring(50), 50, np.random.default_rng(0))
    assert len(used(plan)) == 100


def test_batches_are_neighbourhoods():
    graph = ring(640)
    shares, at_random = [], []
    for epoch in range(5):
        plan = plan_epoch(640, graph, 32, np.random.default_rng(epoch))
        shares.append(len(plan.signs) / graph.nnz)
        batch_of = np.random.default_rng(epoch).permutation(640) // 32
        at_random.append(np.mean(batch_of[graph.nonzero()[0]] == batch_of[graph.nonzero()[1]]))
    assert np.mean(shares) > 0.7
    assert np.mean(at_random) < 0.1


@pytest.mark.parametrize("batch_size", [4, 32])
def test_every_edge_is_met_within_some_epochs(batch_size):
    # A hub with more neighbours than a batch holds, beside a random part.
    hub = sparse.coo_array((np.ones(99, np.int8), (np.zeros(99, int), np.arange(1, 100))))
    hub.resize(200, 200)
    graph = (hub.tocsr() + sparse.triu(random_graph(0, 200), k=101, format="csr")).astype(np.int8)
    met = set()
    for epoch in range(100):
        met |= used(plan_epoch(200, graph, batch_size, np.random.default_rng([0, epoch]))).keys()
    expected = set(zip(*(ends.tolist() for ends in graph.nonzero()), strict=True))
    if batch_size == 32:
        assert met == expected
    else:
        assert len(met) > 0.9 * len(expected)


def test_a_plan_follows_its_generator():
    first, again, other = (
        plan_epoch(100, ring(100), 16, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert first.nodes.tolist() == again.nodes.tolist()
    assert first.nodes.tolist() != other.nodes.tolist()


def loss_over(plan: Epoch, latent: torch.Tensor) -> float:
    """Sum J_g over a plan's batches, as training does."""
    batches = zip(
        torch.from_numpy(plan.nodes).split(plan.batch_sizes),
        torch.from_numpy(plan.edges).split(plan.edge_counts, dim=1),
        torch.from_numpy(plan.signs).split(plan.edge_counts),
        strict=True,
    )
    return sum(
        signed_graph_loss(latent[nodes], edges, signs, 1.0, "sum").item()
        for nodes, edges, signs in batches
    )


def test_batches_of_all_neighbours_sum_to_the_loss_of_the_whole_graph():
    graph = random_graph(1, 60)
    latent = torch.randn(60, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    ends, signs = torch.from_numpy(np.stack(graph.nonzero())), torch.from_numpy(graph.data)
    whole = signed_graph_loss(latent, ends.long(), signs, 1.0, "sum").item()
    plain = all_neighbours.plan_epoch(60, graph, 8, np.random.default_rng(0))
    assert loss_over(plain, latent) == pytest.approx(whole)
    one_batch = plan_epoch(60, graph, 60, np.random.default_rng(0))
    assert loss_over(one_batch, latent) == pytest.approx(whole)


def test_neighbourhoods_meet_the_edges_for_fewer_images_than_all_neighbours():
    graph = random_graph(0, 640, per_node=5)
    plain = all_neighbours.plan_epoch(640, graph, 32, np.random.default_rng(0))
    assert len(plain.signs) == graph.nnz
    met, images, epoch = set(), 0, 0
    while len(met) < 0.5 * graph.nnz:
        plan = plan_epoch(640, graph, 32, np.random.default_rng([0, epoch]))
        met |= used(plan).keys()
        images, epoch = images + len(plan.nodes), epoch + 1
    assert images < 0.8 * len(plain.nodes)
