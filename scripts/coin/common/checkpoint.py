"""An interrupted training goes on where it stopped, and ends with the same bytes."""

import hashlib
import json
import logging
import sys
import time
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from coin.common.files import written_whole

_KEY = "checkpoint"


class Checkpoint:
    """One safetensors file with the state between two steps; the last one written, whole.

    What a step draws follows from the seed and the step's number, so that the weights, the
    optimiser's tensors, each step's figures and how many steps are done are all the state there is.
    A file that another training left (other settings, data or code) is ignored and overwritten.
    """

    def __init__(self, path: Path, training: str, seconds: float):
        """Keep a training's state.

        Args:
            path: of the file.
            training: what the result depends on, from `fingerprint`.
            seconds: at least so long between two writings.
        """
        self.path, self.training, self.seconds = path, training, seconds
        self.written = time.monotonic()

    def restore(self, tensors: dict[str, Tensor]) -> int:
        """Overwrite the tensors with those kept and return how many steps are done, or 0."""
        try:
            with safe_open(self.path, framework="pt") as file:
                state = json.loads(file.metadata()[_KEY])
                if state["training"] != self.training:
                    return 0
                kept = {name: file.get_tensor(name) for name in tensors}
        except FileNotFoundError:
            return 0
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            logging.warning("%s: not readable (%s); training from the start", self.path, error)
            return 0
        for name, tensor in tensors.items():
            tensor.copy_(kept[name])
        logging.info("going on after step %d", state["step"])
        return state["step"]

    def keep(self, tensors: dict[str, Tensor], step: int) -> None:
        """Write the state after a step, if the last writing is long enough ago."""
        if time.monotonic() - self.written < self.seconds:
            return
        on_cpu = {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}
        state = json.dumps({"training": self.training, "step": step})
        with written_whole(self.path) as partial:
            save_file(on_cpu, partial, metadata={_KEY: state})
        self.written = time.monotonic()

    def remove(self) -> None:
        """Forget the state: the training's results are written."""
        self.path.unlink(missing_ok=True)


def fingerprint(settings: dict | list, arrays: list[np.ndarray]) -> str:
    """Return a digest of settings (JSON's types only), data, and the project's code in use."""
    digest = hashlib.blake2b(json.dumps(settings, sort_keys=True).encode())
    for array in arrays:
        digest.update(f"{array.dtype}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    for path in _own_code():
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _own_code() -> list[Path]:
    root = Path(__file__).parents[2]
    files = [Path(getattr(module, "__file__", None) or "/") for module in sys.modules.values()]
    return sorted({path for path in files if path.is_relative_to(root)})
