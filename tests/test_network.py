import numpy as np
import pytest
import torch
from torch.nn import functional

from coin.diagnosis import network as network_module
from coin.diagnosis.network import Network, SeparableConvolution, scaled
from coin.diagnosis.training import predict


@pytest.mark.parametrize("pooling", ["gap", "flatten"])
def test_layers_at_full_width_have_the_shapes_of_figure_4(pooling):
    with torch.device("meta"):
        network = Network(224, 1.0, pooling, seed=0)
        rois = torch.empty(2, 1, 224, 224)
    shapes = []
    parts = [*network.down, *network.residual, *network.connected, network.diagnosis]
    for part in parts:
        part.register_forward_hook(lambda _, __, output: shapes.append(tuple(output.shape[1:])))
    latent, logits = network(rois)
    assert shapes[:4] == [(128, 112, 112), (256, 56, 56), (728, 28, 28), (728, 14, 14)]
    assert shapes[4:12] == [(728, 14, 14)] * 8  # seven residual layers and the last ReLU
    assert shapes[12:] == [(1024,)] * 5 + [(2,)]
    assert latent.shape == (2, 1024)
    assert logits.shape == (2, 2)
    assert sum(isinstance(part, SeparableConvolution) for part in network.modules()) == 8 + 7
    inputs = 728 * (14 * 14 if pooling == "flatten" else 1)
    assert network.connected[0].in_features == inputs


def test_one_rank_one_convolution_is_the_two_convolutions():
    torch.manual_seed(0)
    layer = SeparableConvolution(6, 10).double().eval()
    x = torch.randn(3, 6, 9, 7, dtype=torch.float64)
    column = functional.conv2d(x, layer.column.weight, padding=(1, 0), groups=6)
    both = functional.conv2d(column, layer.row.weight, padding=(0, 1), groups=6)
    expected = layer.normalise(layer.across(both))
    torch.testing.assert_close(layer(x), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("side", "width"), [(16, 0.05), (34, 0.125)])
def test_blocks_of_channels_change_nothing(side, width):
    """Forward, backward, averages, evaluation: as the same layers on plain tensors in float64.

    The numbers of channels are some that fill oneDNN's blocks, and some that do not.
    """
    torch.manual_seed(0)
    rois = torch.rand(6, 1, side, side + 16)
    network, exact = Network(side, width, seed=0), Network(side, width, seed=0).double()
    layouts = []
    network.residual.register_forward_hook(lambda _, __, maps: layouts.append(maps.layout))

    def plain(images):
        return exact.connected(exact.pool(exact.residual(exact.down(images))))

    def agree(found, expected):
        """Say whether they differ by less than a few thousand roundings of the largest value."""
        return (found - expected).abs().max() < 3e-4 * expected.abs().max()

    ours, theirs = network(rois)[0], plain(rois.double())
    assert layouts == [torch._mkldnn]
    assert agree(ours, theirs)
    ours.square().sum().backward()
    theirs.square().sum().backward()
    trained = [name for name, parameter in exact.named_parameters() if parameter.grad is not None]
    assert len(trained) == 15 * 5 + 3 * 2
    for name in trained:
        assert agree(network.get_parameter(name).grad, exact.get_parameter(name).grad), name
    for name, average in network.named_buffers():
        assert torch.allclose(average.double(), exact.get_buffer(name).double(), rtol=1e-4), name
    network.eval()
    exact.eval()
    with torch.inference_mode():
        assert agree(network(rois)[0], plain(rois.double()))


def test_latent_features_lie_just_before_the_softmax_layer():
    torch.manual_seed(0)
    network = Network(32, 0.125, seed=0).eval()
    latent, logits = network(torch.rand(4, 1, 32, 32))
    torch.testing.assert_close(network.diagnosis(latent), logits)
    assert latent.shape == (4, 128)
    assert (latent < 0).any()


def test_initial_weights_follow_the_seed_and_nothing_else():
    torch.manual_seed(1)
    state = torch.get_rng_state()
    first = Network(16, 0.125, seed=5).state_dict()
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(2)
    again, other = Network(16, 0.125, seed=5).state_dict(), Network(16, 0.125, seed=6).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["diagnosis.weight"], other["diagnosis.weight"])


def test_width_gives_multiples_of_eight():
    assert [scaled(n, 1.0) for n in (128, 256, 728, 1024)] == [128, 256, 728, 1024]
    assert [scaled(n, 0.25) for n in (128, 256, 728, 1024)] == [32, 64, 184, 256]
    assert scaled(128, 0.001) == 8


def test_only_the_convolutions_are_bfloat16_in_mixed_precision(monkeypatch):
    """As on a GPU; the CPU's autocast stands in for it."""
    monkeypatch.setattr(
        network_module, "mixed_precision", lambda device: torch.autocast("cpu", torch.bfloat16)
    )
    monkeypatch.setattr(network_module, "blocked", lambda images: images)
    network = Network(32, 0.125, seed=0)
    seen = {}
    for name in ("residual", "pool", "connected", "diagnosis"):
        part = getattr(network, name)
        part.register_forward_hook(lambda _, given, __, name=name: seen.update({name: given[0]}))
    latent, logits = network(torch.rand(4, 1, 32, 32))
    assert seen["residual"].dtype == torch.bfloat16
    assert {seen[name].dtype for name in ("pool", "connected", "diagnosis")} == {torch.float32}
    assert latent.dtype == logits.dtype == torch.float32
    (latent.sum() + logits.sum()).backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert (
        predict(network, np.random.default_rng(0).random((3, 32, 32), np.float32), 2, "cpu")[
            1
        ].dtype
        == np.float32
    )
