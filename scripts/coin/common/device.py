"""Where networks are computed, so that the same seed gives the same bits."""

import ctypes
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from functools import cache

import numpy as np
import torch
from torch import Tensor

from coin.common.cards import take_card
from coin.common.errors import BadInput

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
"""What glibc's malloc.h names M_TRIM_THRESHOLD and M_MMAP_MAX."""


def prepare_device(device: str, threads: int, deterministic: bool) -> None:
    """Make torch give the same bits for the same seed, on `threads` CPU threads.

    With `cuda` this process has a GPU of its own from now on, if there is one that no other has.
    Without `deterministic` a GPU may add in any order and try out which kernels are fastest.

    Raises:
        BadInput: `device` is cuda and there is no GPU.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise BadInput(
            "training.device: cuda asked for, but torch finds no GPU here; run on a machine "
            "that has one, or set training.device to cpu"
        )
    if device == "cuda":
        torch.cuda.set_device(_own_card())
    os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"  # cuBLAS is deterministic only with it
    # Unlike use_deterministic_algorithms, this does not import torch's compiler, a second a job.
    torch.set_deterministic_debug_mode("error" if deterministic else "default")
    torch.backends.cudnn.benchmark = not deterministic
    # Nothing here reads such memory. Its module is replaced by an object, which mypy cannot see.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.set_num_threads(threads)
    _keep_freed_memory()


def as_images(rois: np.ndarray, device: str) -> Tensor:
    """Put ROIs (N, H, W) on the device as (N, 1, H, W)."""
    return torch.from_numpy(rois[:, None]).to(device, memory_format=memory_format(device))


def put(values: np.ndarray | Tensor, device: str | torch.device) -> Tensor:
    """Put what the CPU has on the device, from pinned memory lest a copy be waited for."""
    tensor = torch.as_tensor(values)
    if torch.device(device).type == "cpu":
        return tensor
    return tensor.pin_memory().to(device, non_blocking=True)


def mixed_precision(device: str) -> AbstractContextManager:
    """Compute in bfloat16 where that pays: on a GPU."""
    return torch.autocast(device, torch.bfloat16) if device == "cuda" else nullcontext()


def memory_format(device: str) -> torch.memory_format:
    """Return how images and weights are laid out in memory."""
    # Torch's CPU kernels have been seen to corrupt memory in channels-last backward passes.
    return torch.channels_last if device == "cuda" else torch.contiguous_format


def blocked(images: Tensor) -> Tensor:
    """Lay images on the CPU out as oneDNN does, until `to_dense`; leave others as they are.

    Every map made of them then stays in blocks of channels: no convolution lays its own out anew,
    and pooling takes many channels at once. Only float32 can be.
    """
    on_cpu = images.device.type == "cpu" and torch.backends.mkldnn.is_available()
    return images.to_mkldnn() if on_cpu and images.dtype == torch.float32 else images


def _keep_freed_memory() -> None:
    """Have glibc keep freed memory for the next tensors; do nothing where there is no glibc.

    It would hand large tensors back to the kernel, which clears every page that is asked for anew.
    """
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(_MMAP_MAX, 0)
        libc.mallopt(_TRIM_THRESHOLD, 2**31 - 1)


@cache
def _own_card() -> int:
    """Return which of the GPUs that this process may see is its own until it ends."""
    seen = range(torch.cuda.device_count())
    return take_card([str(torch.cuda.get_device_properties(card).uuid) for card in seen])
