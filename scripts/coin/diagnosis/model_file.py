"""A trained network as one safetensors file, with what is needed to use it."""

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from coin.common.errors import BadInput
from coin.common.files import written_whole
from coin.diagnosis.network import Network

_KEY = "coin"


def write_model(path: Path, network: Network, description: dict) -> None:
    """Write the network's weights, and `description` as JSON in the file's metadata.

    Args:
        path: the file.
        network: on any device.
        description: at least `roi_size`, `width` and `pooling`, which make the network again.
    """
    weights = {name: value.cpu().contiguous() for name, value in network.state_dict().items()}
    with written_whole(path) as partial:
        save_file(weights, partial, metadata={_KEY: json.dumps(description, sort_keys=True)})


def read_model(path: Path) -> tuple[Network, dict]:
    """Read a network, on the CPU and in evaluation mode, and its description.

    Raises:
        BadInput: not a file that `write_model` wrote.
    """
    try:
        with safe_open(path, framework="pt") as file:
            description = json.loads((file.metadata() or {})[_KEY])
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        shape = (description[name] for name in ("roi_size", "width", "pooling"))
        network = Network(*shape, seed=0)
        network.load_state_dict(weights)
    except (OSError, SafetensorError, KeyError, ValueError, RuntimeError) as error:
        raise BadInput(f"{path}: not a model of this project ({error}); train it again") from error
    return network.eval(), description
