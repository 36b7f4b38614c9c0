import subprocess
import sys

import torch
from study import REPOSITORY

from coin.common.adam import Adam


def test_steps_are_those_of_torch_optim():
    torch.manual_seed(0)
    own, theirs = torch.nn.Linear(5, 3), torch.nn.Linear(5, 3)
    theirs.load_state_dict(own.state_dict())
    adam, reference = Adam(own.parameters()), torch.optim.Adam(theirs.parameters())
    for step in range(20):
        x = torch.randn(7, 5)
        for layer in (own, theirs):
            layer(x).square().sum().backward()
        adam.step(0.1 / (step + 1))
        reference.param_groups[0]["lr"] = 0.1 / (step + 1)
        reference.step()
        reference.zero_grad()
        assert all(parameter.grad is None for parameter in own.parameters())
    for found, expected in zip(own.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(found, expected)


def test_to_overwrite_the_state_is_to_restore_it():
    torch.manual_seed(0)
    first = torch.nn.Linear(4, 4)
    second = torch.nn.Linear(4, 4)
    one, other = Adam(first.parameters()), Adam(second.parameters())
    x = torch.randn(6, 4)
    first(x).square().sum().backward()
    one.step(0.1)
    states = first.state_dict() | one.state(), second.state_dict() | other.state()
    for name, tensor in states[1].items():
        tensor.copy_(states[0][name])
    for layer, adam in ((first, one), (second, other)):
        layer(x).square().sum().backward()
        adam.step(0.1)
    assert torch.equal(first.weight, second.weight)


def test_training_does_not_import_the_compiler():
    code = (
        "import sys, torch; from coin.common import device; from coin.diagnosis import training; "
        "from coin.common.adam import Adam; "
        "device.prepare_device('cpu', 1, True); w = torch.ones(2, requires_grad=True); "
        "adam = Adam([w]); (w * w).sum().backward(); adam.step(0.1); "
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    folder = REPOSITORY / "scripts"
    assert subprocess.run([sys.executable, "-c", code], cwd=folder, check=False).returncode == 0
