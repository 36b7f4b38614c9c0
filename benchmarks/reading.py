"""What reading and cropping cost beside pydicom's bare decoding of the same DICOMs.

Prints one JSON line: seconds of both in one run, their ratio, and the most memory the process held.
"""

import argparse
import json
import logging
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pydicom
from pydicom.uid import DigitalMammographyXRayImageStorageForPresentation as MAMMOGRAPHY
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from crop_rois import crop_rois
from read_masses import read_masses

HEIGHT, WIDTH, BITS = 4084, 3328, 12
SIZE, CONTEXT = 224, 1.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--quick", action="store_true", help="30 images")
    options = parser.parse_args()
    count = 30 if options.quick else options.images
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _write(root, count)
        rounds = [(_decode(root), _read_and_crop(root)) for _ in range(5)]
    # The fastest of five rounds each: what other programs on the machine add is not ours.
    decode, read_and_crop = (min(times) for times in zip(*rounds, strict=True))
    result = {
        "benchmark": "reading",
        "images": count,
        "read_and_crop_s": round(read_and_crop, 2),
        "decode_s": round(decode, 2),
        "ratio": round(read_and_crop / decode, 3),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10),
    }
    print(json.dumps(result))


def _write(root: Path, count: int) -> None:
    """Write uncompressed DICOMs of noise, with one mass each, as a data set of format `table`."""
    random = np.random.default_rng(0)
    noise = random.integers(0, 2**BITS, (HEIGHT, WIDTH), np.uint16)
    meta = pydicom.dataset.FileMetaDataset()
    meta.MediaStorageSOPClassUID = MAMMOGRAPHY
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image = pydicom.Dataset()
    image.file_meta = meta
    image.Rows, image.Columns = HEIGHT, WIDTH
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.BitsAllocated, image.BitsStored, image.HighBit = 16, BITS, BITS - 1
    image.PixelRepresentation = 0
    masses = []
    for number in range(count):
        image.PixelData = np.roll(noise, number, axis=0).tobytes()
        meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[str(number)])
        image.save_as(root / f"{number}.dcm", enforce_file_format=True)
        side = float(random.uniform(100, 600))  # of 7 to 42 mm, at INbreast's 0.07 mm a pixel
        x, y = random.uniform(0, WIDTH - side), random.uniform(0, HEIGHT - side)
        masses.append([f"m{number}", f"{number}.dcm", f"p{number}", x, y, side, side, number % 2])
    columns = ["mass_id", "image", "patient_id", "x", "y", "width", "height", "label"]
    pd.DataFrame(masses, columns=columns).to_csv(root / "masses.csv", index=False)


def _decode(root: Path) -> float:
    start = time.perf_counter()
    for path in sorted(root.glob("*.dcm")):
        _ = pydicom.dcmread(path).pixel_array
    return time.perf_counter() - start


def _read_and_crop(root: Path) -> float:
    start = time.perf_counter()
    masses, records, rois = (root / "out" / name for name in ("masses.csv", "records.csv", "r.npy"))
    read_masses(format="table", root=root, masses=masses, records=records)
    crop_rois(masses=masses, root=root, size=SIZE, context=CONTEXT, border="shift", rois=rois)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
