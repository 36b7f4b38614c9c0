"""What the exact neighbour search costs beside the bare matrix product it cannot do without.

Prints one JSON line: CPU seconds of both on one thread, their ratio, and the most memory the
process held.
"""

import argparse
import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from coin.data.fold_data import NEGATIVE, POSITIVE, REAL
from coin.graph.signed_graph import _SCORES, neighbourhoods


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=5000)
    parser.add_argument("--side", type=int, default=224, help="pixels")
    parser.add_argument("--nearest", type=int, default=5, help="n+ and n-")
    options = parser.parse_args()
    rois, kind, label = _nodes(options.nodes, options.side)
    pixels = rois.reshape(len(rois), -1)
    with threadpool_limits(limits=1):
        start = time.process_time()
        block = max(1, _SCORES // len(pixels))
        for first in range(0, len(pixels), block):
            _ = pixels[first : first + block] @ pixels.T
        product = time.process_time() - start
        start = time.process_time()
        neighbourhoods(rois, kind, label, options.nearest, options.nearest, "expanded")
        search = time.process_time() - start
    print(
        json.dumps(
            {
                "benchmark": "graph",
                "nodes": options.nodes,
                "pixels": pixels.shape[1],
                "nearest": options.nearest,
                "product_s": round(product, 2),
                "search_s": round(search, 2),
                "ratio": round(search / product, 3),
                "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
            }
        )
    )


def _nodes(count: int, side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make up smooth images as alike as masses are (cosines around 0.9), nine in ten anchors."""
    random = np.random.default_rng(0)
    fields = random.standard_normal((64, side, side), dtype=np.float32)
    for axis in (1, 2):
        fields = np.apply_along_axis(np.convolve, axis, fields, np.ones(side // 8) / side, "same")
    fields = (fields / fields.std()).reshape(64, -1).astype(np.float32)
    rois = np.empty((count, side, side), np.float32)
    for first in range(0, count, 500):
        weight = 0.02 * random.standard_normal((min(500, count - first), 64), dtype=np.float32)
        rois[first : first + 500] = np.clip(0.5 + weight @ fields, 0, 1).reshape(-1, side, side)
    kind = random.choice([REAL, POSITIVE, NEGATIVE], count, p=[0.1, 0.8, 0.1])
    return rois, kind, random.integers(0, 2, count)


if __name__ == "__main__":
    main()
