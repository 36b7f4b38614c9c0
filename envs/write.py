"""Write the environments' files: `python envs/write.py`, after a change of a version or of a need.

conda brings Python and pip. pip brings what the programs need, and all that this requires, each in
the version of constraints.txt. What a package requires is asked of the installed one, which has to
be of that version.
"""

import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

# ---- what each environment is for, and what its programs need themselves ------------------------

EVERYWHERE = ["jsonargparse[signatures]", "threadpoolctl", "numpy", "pandas"]
ENVIRONMENTS = {
    "backbone": (
        "Pretrained networks as peers, on a CPU or a GPU.",
        ["scipy", "scikit-learn", "torch", "torchvision", "timm", "safetensors"],
    ),
    "features": (
        "Handcrafted features as peers.",
        ["scipy", "scikit-learn", "scikit-image"],
    ),
    "figures": ("Figures.", ["scipy", "matplotlib", "openTSNE", "pillow"]),
    "images": (
        "Raw mammograms to ROIs.",
        [
            *("scipy", "pydicom", "pillow", "xlrd"),
            # pydicom's decoders, and the first, through which it finds them.
            *("pylibjpeg", "pylibjpeg-libjpeg", "pylibjpeg-openjpeg"),
        ],
    ),
    "learn": (
        "Folds, neighbours and graphs: everything learned or searched without a network.",
        ["scipy", "scikit-learn", "zoopt"],
    ),
    "paper": ("The paper, its captions and checklists.", ["PyYAML", "jsonschema", "typst"]),
    "provenance": ("A study's root and its crate.", ["jsonschema", "PyYAML", "rocrate"]),
    # tabulate and Jinja2 are what pandas writes Markdown and LaTeX with.
    "tables": ("Metrics and tables.", ["PyYAML", "scipy", "scikit-learn", "tabulate", "Jinja2"]),
    "train": (
        "Networks: training, the conditional GAN and Fig. 4, on a CPU or a GPU.",
        ["scipy", "torch", "safetensors", "matplotlib"],
    ),
}

LEFT_TO_TORCH = ("cuda-", "nvidia-", "triton")
"""How the names begin that only torch's build for CUDA requires, in versions of its own choice."""

ABOUT_TORCH = """\
# torch comes from PyPI, which has its build for CUDA. On Linux that requires NVIDIA's libraries
# (cuda-*, nvidia-*) and triton too. They are not written here: torch names their versions itself,
# exactly but for cuda-bindings, cuda-pathfinder and nvidia-nvjitlink: of these pip takes the newest
# that it may.
"""

PYTHON = "3.11"
TARGET = {"python_version": PYTHON, "sys_platform": "linux", "platform_system": "Linux"}
FOLDER = Path(__file__).resolve().parent


def main() -> None:
    """Write every environment's file, or say in one line why that cannot be."""
    pins = read_pins(FOLDER.parent / "constraints.txt")
    texts = {name: text_of(name, pins) for name in ENVIRONMENTS}
    for name, text in texts.items():
        (FOLDER / f"{name}.yaml").write_text(text, encoding="utf-8")


def read_pins(constraints: Path) -> dict[str, Requirement]:
    """Map the canonical name of each package in a file of constraints to its `name==version`."""
    lines = constraints.read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(pin.name): pin for pin in pins}


def text_of(environment: str, pins: dict[str, Requirement]) -> str:
    """Return the text of an environment's file. A package without a pin ends the program."""
    purpose, own = ENVIRONMENTS[environment]
    direct = [Requirement(package) for package in [*EVERYWHERE, *own]]
    names = {canonicalize_name(package.name) for package in direct}
    indirect = [pins[name] for name in sorted(required(direct, pins) - names)]
    for package in direct:
        package.specifier = pins[canonicalize_name(package.name)].specifier
    return f"""\
# {purpose}
# Written by envs/write.py, which says what the programs need.
{ABOUT_TORCH if "torch" in names else ""}\
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python={PYTHON}
  - pip
  - pip:
{_lines(direct)}\
      # What these require:
{_lines(indirect)}"""


def required(direct: Iterable[Requirement], pins: dict[str, Requirement]) -> set[str]:
    """Return the canonical names of packages and of all that they require, but for torch's CUDA."""
    waiting = list(direct)
    asked: set[tuple[str, str]] = set()
    while waiting:
        package = waiting.pop()
        name = canonicalize_name(package.name)
        if name.startswith(LEFT_TO_TORCH):
            continue
        for extra in {"", *package.extras}:
            if (name, extra) not in asked:
                asked.add((name, extra))
                waiting += _requirements(name, extra, pins)
    return {name for name, _ in asked}


def _requirements(name: str, extra: str, pins: dict[str, Requirement]) -> list[Requirement]:
    """Return what a package, or an extra of it, requires where the environments are made."""
    if name not in pins:
        sys.exit(f"constraints.txt: found no {name}, which an environment needs; add its version")
    try:
        installed = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        sys.exit(f"{name}: not installed, so what it requires is unknown; install requirements.txt")
    version = Version(installed.version).public  # without what torch was built for: +cpu
    if not pins[name].specifier.contains(version, prereleases=True):
        sys.exit(f"constraints.txt: found {pins[name]}, but installed is {version}; let them agree")
    needs = [Requirement(line) for line in installed.requires or []]
    where = {**TARGET, "extra": extra}
    return [need for need in needs if need.marker is None or need.marker.evaluate(where)]


def _lines(packages: Iterable[Requirement]) -> str:
    return "".join(f"      - {package}\n" for package in packages)


if __name__ == "__main__":
    main()
