from itertools import islice

import all_neighbours
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from coin.diagnosis.losses import edge_distance, signed_graph_loss
from coin.graph.batches import batches

sizes = st.integers(0, 10**6), st.integers(1, 60), st.integers(1, 20)


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


def edges_of(batch):
    """A batch's edges as [(anchor, neighbour, sign)]."""
    return list(zip(*batch.nodes[batch.edges].tolist(), batch.signs.tolist(), strict=True))


@settings(deadline=None)
@given(*sizes, st.booleans())
def test_every_node_goes_through_once_a_pass_in_batches_of_one_size(
    seed, n_nodes, batch_size, follow
):
    graph = random_graph(seed, n_nodes) if follow else None
    found = list(islice(batches(n_nodes, graph, batch_size, seed), n_nodes))
    assert {len(batch.nodes) for batch in found} == {batch_size}
    stream = np.concatenate([batch.nodes for batch in found])  # batch_size passes
    for one_pass in stream.reshape(batch_size, n_nodes):
        assert sorted(one_pass.tolist()) == list(range(n_nodes))


@settings(deadline=None)
@given(*sizes)
def test_the_edges_used_are_those_with_both_ends_in_the_batch(seed, n_nodes, batch_size):
    graph = random_graph(seed, n_nodes)
    phi = graph.toarray()
    for batch in islice(batches(n_nodes, graph, batch_size, seed), 5):
        within = phi[np.ix_(batch.nodes, batch.nodes)]
        found = np.zeros_like(within)
        found[tuple(batch.edges)] = batch.signs
        np.testing.assert_array_equal(found, within)
        assert batch.edges.shape == (2, np.count_nonzero(within))


@settings(deadline=None)
@given(*sizes, st.integers(0, 50), st.booleans())
def test_a_steps_batch_does_not_depend_on_those_before_it(seed, n_nodes, size, step, follow):
    graph = random_graph(seed, n_nodes) if follow else None
    (expected,) = islice(batches(n_nodes, graph, size, seed), step, step + 1)
    found = next(batches(n_nodes, graph, size, seed, first=step))
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_one_batch_uses_every_edge():
    assert len(edges_of(next(batches(50, ring(50), 50, 0)))) == 100


def test_batches_are_neighbourhoods():
    graph = ring(650)  # no multiple of the batches' size: some of them span two passes
    own = [len(batch.signs) for batch in islice(batches(650, graph, 32, 0), 100)]
    at_random = np.random.default_rng(0).permutation(650) // 32
    together = np.mean(at_random[graph.nonzero()[0]] == at_random[graph.nonzero()[1]])
    assert np.sum(own) / (graph.nnz * 100 * 32 / 650) > 0.7
    assert together < 0.1


@pytest.mark.parametrize("batch_size", [4, 32])
def test_every_edge_is_met_within_some_passes(batch_size):
    # A hub with more neighbours than a batch holds, beside a random part.
    hub = sparse.coo_array((np.ones(99, np.int8), (np.zeros(99, int), np.arange(1, 100))))
    hub.resize(200, 200)
    graph = (hub.tocsr() + sparse.triu(random_graph(0, 200), k=101, format="csr")).astype(np.int8)
    met = set()
    for batch in islice(batches(200, graph, batch_size, 0), 100 * 200 // batch_size):
        met |= {(anchor, neighbour) for anchor, neighbour, _ in edges_of(batch)}
    expected = set(zip(*(ends.tolist() for ends in graph.nonzero()), strict=True))
    if batch_size == 32:
        assert met == expected
    else:
        assert len(met) > 0.9 * len(expected)


def test_batches_follow_the_seed():
    first, again, other = (next(batches(100, ring(100), 16, seed)).nodes for seed in (1, 1, 2))
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


def loss_over(plan, latent):
    """Sum J_g over batches, as training does."""
    return sum(
        signed_graph_loss(
            edge_distance(latent[batch.nodes], torch.from_numpy(batch.edges)),
            torch.from_numpy(batch.signs),
            1.0,
            "sum",
        ).item()
        for batch in plan
    )


def test_batches_of_all_neighbours_sum_to_the_loss_of_the_whole_graph():
    graph = random_graph(1, 60)
    latent = torch.randn(60, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    ends, signs = torch.from_numpy(np.stack(graph.nonzero())), torch.from_numpy(graph.data)
    whole = signed_graph_loss(edge_distance(latent, ends.long()), signs, 1.0, "sum").item()
    plain = islice(all_neighbours.batches(60, graph, 8, 0), 8)
    assert loss_over(plain, latent) == pytest.approx(whole)
    assert loss_over([next(batches(60, graph, 60, 0))], latent) == pytest.approx(whole)


def test_neighbourhoods_meet_the_edges_for_fewer_images_than_all_neighbours():
    graph = random_graph(0, 640, per_node=5)
    plain = list(islice(all_neighbours.batches(640, graph, 32, 0), 20))
    assert sum(len(batch.signs) for batch in plain) == graph.nnz
    met, images, plan = set(), 0, batches(640, graph, 32, 0)
    while len(met) < 0.5 * graph.nnz:
        batch = next(plan)
        met |= set(edges_of(batch))
        images += len(batch.nodes)
    assert images < 0.8 * sum(len(batch.nodes) for batch in plain)
