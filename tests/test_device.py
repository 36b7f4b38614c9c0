import platform
import resource

import pytest
import torch

from coin.common.device import prepare_device
from coin.diagnosis.network import Network


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's malloc is set")
def test_a_step_runs_in_the_memory_that_the_last_one_freed():
    """Else each asks the kernel for thousands of pages, up to half of its CPU time.

    What a step still asks for is less than one of the first block's maps.
    """
    prepare_device("cpu", 1, deterministic=True)
    network, rois = Network(48, 0.125, seed=0), torch.rand(32, 1, 48, 48)

    def steps(count: int) -> None:
        for _ in range(count):
            network(rois)[0].sum().backward()

    steps(10)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    steps(10)
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    map_size = 16 * rois.nbytes
    assert faults * resource.getpagesize() < 10 * map_size
