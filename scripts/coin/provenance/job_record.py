"""The record of a job: what went in, what came out, and all that made the one of the other.

`schemas/record.schema.json` describes every field.
"""

import hashlib
import importlib.metadata
import os
import platform
import re
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from coin.common.errors import BadInput
from coin.provenance import hash_cache
from coin.provenance.hash_cache import sha256

FORMAT = "coin-record-1"
REPOSITORY = Path(os.path.abspath(__file__)).parents[3]  # noqa: PTH100 (a link stays a link)


def begin(
    path: Path, options: Mapping[str, Any], outputs: set[str], command: str, started: float
) -> dict[str, Any]:
    """Open the record of a job before it works: its name, its options, its inputs and its code.

    Args:
        path: where the record will lie; its name says the rule and the wildcards.
        options: the program's, by name.
        outputs: which of them name files that it writes; all other paths are inputs.
        command: the command line that does this job and no other.
        started: when it began, in seconds since 1970.
    """
    rule, wildcards = job_of(path)
    return {
        "format": FORMAT,
        "rule": rule,
        "wildcards": wildcards,
        "command": command,
        "options": {name: plain(value) for name, value in options.items()},
        "inputs": _files_of(
            options, options.keys() - outputs, path.parent.parent / hash_cache.NAME
        ),
        "code": _code(),
        "revision": _revision(),
        "python": platform.python_version(),
        "packages": _packages(),
        "started": _as_text(started),
    }


def complete(record: dict[str, Any], options: Mapping[str, Any], outputs: set[str]) -> None:
    """Add to a record what is known when the work is done: its outputs, and what it took."""
    record["code"] += _code(known={file["path"] for file in record["code"]})  # late imports
    record |= {
        "outputs": _files_of(options, outputs),
        "seeds": {name: value for name, value in options.items() if name.endswith("seed")},
        "determinism": _determinism(options),
        "platform": platform.platform(),
        "cpu": _cpu(),
        "gpu": _gpu(),
        "host": socket.gethostname(),
        "slurm_job_id": os.environ.get("SLURM_JOB_ID"),
        "ended": _as_text(time.time()),
        "peak_memory_bytes": _peak_memory(),
    }


def still_holds(record: Mapping[str, Any], begun: Mapping[str, Any]) -> bool:
    """Return whether a finished job is what a job that begins now would do again."""
    same = ("options", "inputs", "python", "packages")
    ran = {REPOSITORY / file["path"]: file["sha256"] for file in record["code"]}
    return all(record[name] == begun[name] for name in same) and all(
        path.is_file() and sha256(path) == hashed for path, hashed in ran.items()
    )


def job_of(path: Path) -> tuple[str, dict[str, str]]:
    """Return the rule and the wildcards that a record's name says: `<rule>,<name>=<value>....json`.

    Raises:
        ValueError: it says none.
    """
    rule, *wildcards = path.name.removesuffix(".json").split(",")
    return rule, dict(wildcard.split("=", 1) for wildcard in wildcards)


def described(paths: Collection[Path], cache: Path | None = None) -> list[dict[str, Any]]:
    """Return path, bytes and sha256 of every file, and of every file in every folder.

    Args:
        paths: of files and folders.
        cache: where hashes of files in folders, which are raw data, are remembered.

    Raises:
        BadInput: one that cannot be read.
    """
    try:
        raw = files_in(path for path in paths if cache and path.is_dir())
        known = hash_cache.sha256_of_raw(raw, cache) if cache and raw else {}
        return [
            {
                "path": name_of(path, Path.cwd()),
                "bytes": path.stat().st_size,
                "sha256": known.get(path) or sha256(path),
            }
            for path in files_in(paths)
        ]
    except OSError as error:
        raise BadInput(f"{error.filename}: cannot be read ({error.strerror})") from error


def files_in(paths: Iterable[Path]) -> list[Path]:
    """Return the files themselves, and for a folder all its files that are not hidden.

    A file is hidden if its name, or a folder's between it and the given one, begins with a dot:
    what is there belongs to a program, such as git, that changes it as it likes. A name that is not
    UTF-8 can stand in no record, and no reader takes such a file.
    """
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        found += [file for file in inside if _is_seen(file, path)]
    return found


def _is_seen(file: Path, folder: Path) -> bool:
    parts = file.relative_to(folder).parts or (file.name,)
    is_hidden = any(part.startswith(".") for part in parts)
    is_utf_8 = file.as_posix().encode(errors="ignore") == os.fsencode(file)
    return file.is_file() and is_utf_8 and not is_hidden


def name_of(path: Path, folder: Path) -> str:
    """Return a path as records have it: relative to a folder if it lies in it, else absolute."""
    absolute = Path(os.path.abspath(folder / path))  # noqa: PTH100 (a link stays a link)
    inside = absolute.is_relative_to(folder)
    return (absolute.relative_to(folder) if inside else absolute).as_posix()


# ---- options -----------------------------------------------------------------------------------


def _paths(value: Any) -> list[Path]:
    values = value if isinstance(value, list) else [value]
    return [path for path in values if isinstance(path, Path)]


def plain(value: Any) -> Any:
    """Return an option as JSON has it: a path as text, a tuple as a list, a group as a mapping."""
    if isinstance(value, Path):
        return name_of(value, Path.cwd())
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def setting(options: Mapping[str, Any], name: str, default: Any) -> Any:
    """Find a setting among a program's options, or in one of their groups."""
    groups = (value for value in map(plain, options.values()) if isinstance(value, dict))
    return next((group[name] for group in (options, *groups) if name in group), default)


def _files_of(
    options: Mapping[str, Any], names: Collection[str], cache: Path | None = None
) -> list[dict[str, Any]]:
    """Describe the files that some of the options name, in the options' order."""
    return [
        {"option": name, **file}
        for name, value in options.items()
        if name in names
        for file in described(_paths(value), cache)
    ]


# ---- code and versions -------------------------------------------------------------------------


def _code(known: Collection[str] = ()) -> list[dict[str, Any]]:
    """Describe the program and every module of the project imported so far, without the known."""
    modules = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    files = {os.path.abspath(file) for file in modules if file}  # noqa: PTH100 (a thousand modules)
    inside = (file for file in sorted(files) if file.startswith(f"{REPOSITORY}/scripts/"))
    own = [Path(file) for file in inside if not file.endswith("__init__.py")]  # a docstring each
    names = {file: file.relative_to(REPOSITORY).as_posix() for file in own}
    return [
        {"path": name, "sha256": sha256(file)} for file, name in names.items() if name not in known
    ]


def _revision() -> dict[str, Any] | None:
    """Return git's commit, whether the tree was clean, and a hash of what was not committed."""
    commit = _git("rev-parse", "HEAD")
    if commit is None:
        return None
    changes = _git("diff", "HEAD", "--binary")  # files that git does not know are no change
    return {
        "commit": commit.strip(),
        "clean": not changes,
        "diff_sha256": hashlib.sha256(changes.encode()).hexdigest() if changes else None,
    }


def _git(*arguments: str) -> str | None:
    command = ["git", "--no-optional-locks", "-C", str(REPOSITORY), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return None  # no git here, or no repository
    return done.stdout.decode(errors="replace")


@cache
def _packages() -> dict[str, str]:
    """Return the versions of the packages that requirements.txt pins, as far as they are here."""
    requirements = REPOSITORY / "requirements.txt"
    text = requirements.read_text(encoding="utf-8") if requirements.is_file() else ""
    versions = {}
    for name in re.findall(r"^([\w.-]+)", text, flags=re.M):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # an environment of its own holds only what its rules need
    return versions


# ---- machine and run ---------------------------------------------------------------------------


def _determinism(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a result's last bits may depend on besides the seeds."""
    names = ("PYTHONHASHSEED", "CUBLAS_WORKSPACE_CONFIG", "OMP_NUM_THREADS")
    return {
        "deterministic": setting(options, "deterministic", True),
        "threads": setting(options, "threads", 1),
        "cores": os.cpu_count(),
        "environment": {name: os.environ[name] for name in names if name in os.environ},
    }


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    text = info.read_text(encoding="utf-8", errors="replace") if info.is_file() else ""
    found = re.search(r"^model name\s*:\s*(.+)$", text, flags=re.M)
    return found[1] if found else platform.processor() or platform.machine()


def _gpu() -> dict[str, Any] | None:
    """Return the GPU that torch used, if it used one."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return None
    version = Path("/proc/driver/nvidia/version")
    driver = version.read_text(encoding="utf-8").splitlines()[0] if version.is_file() else None
    return {
        "name": torch.cuda.get_device_name(),
        "driver": driver,
        "cuda": torch.version.cuda,
        "visible": os.environ.get("CUDA_VISIBLE_DEVICES"),
    }


def start_of_process() -> float:
    """Return when this process began, before it imported anything (seconds since 1970)."""
    try:
        after_name = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        ticks = int(after_name[19])  # starttime, since the machine started
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, IndexError, ValueError):  # not Linux
        age = time.process_time()
    return time.time() - age


def _as_text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _peak_memory() -> int:
    """Return the most memory that this process, or one of its children, has held."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * max(resource.getrusage(kind).ru_maxrss for kind in kinds)
