"""A real SLURM of one machine with two made-up GPUs, up while a test or a command needs it.

python tests/tools/slurm.py COMMAND ... runs a command with it. Root on Debian or Ubuntu: it
installs what is missing, and writes /etc/slurm/, which is where the commands inside a job look.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from study import wait_for

PACKAGES = {"slurmctld": "slurm-wlm", "slurmd": "slurm-wlm", "munged": "munge"}
CONFIGURATION = Path("/etc/slurm/slurm.conf")
DEVICES = Path("/etc/slurm/gres.conf")
OURS = "# Written by tests/tools/slurm.py, which removes it again."


class Unavailable(Exception):
    """This machine cannot have such a SLURM; the message says why."""


@dataclass
class Slurm:
    """A running SLURM: its files lie in `folder`, its daemons are our children."""

    folder: Path
    daemons: dict[str, subprocess.Popen] = field(default_factory=dict)

    def start(self, name: str, *options: str) -> None:
        """Start a daemon in the foreground, so that we know its process and no other's."""
        with (self.folder / f"{name}.out").open("a") as log:
            self.daemons[name] = subprocess.Popen(
                [_program(name), *options], stdout=log, stderr=log, start_new_session=True
            )

    def kill(self, name: str) -> None:
        """End a daemon as a crash does."""
        self.daemons[name].kill()
        self.daemons[name].wait()

    def stop(self) -> None:
        """End the jobs, then the daemons."""
        subprocess.run(["scancel", "--user=root"], stderr=subprocess.DEVNULL)
        wait_for(lambda: not squeue("--noheader"), "the jobs' end")
        for name in reversed(self.daemons):
            self.daemons[name].terminate()
            self.daemons[name].wait(timeout=30)

    def gpus(self) -> dict[str, str]:
        """Return, for each job that has run, the GPUs that it could see."""
        lines = (self.folder / "gpus").read_text(encoding="utf-8").splitlines()
        return dict(line.split("=") for line in lines)


@contextlib.contextmanager
def running_slurm() -> Iterator[Slurm]:
    """Bring a SLURM up, and take it down at the end."""
    _check_machine()
    _install()
    with _lock():
        folder = Path(tempfile.mkdtemp(prefix="slurm-"))
        folder.chmod(0o755)  # munge insists
        slurm = Slurm(folder)
        try:
            CONFIGURATION.write_text(_configuration(folder), encoding="utf-8")
            DEVICES.write_text(_devices(), encoding="utf-8")
            _start_munge(slurm)
            slurm.start("slurmctld", "-D")
            slurm.start("slurmd", "-D")
            wait_for(lambda: _node_state() == "idle", "an idle node")
            yield slurm
        finally:
            slurm.stop()
            CONFIGURATION.unlink(missing_ok=True)
            DEVICES.unlink(missing_ok=True)
            shutil.rmtree(folder)


def squeue(*options: str) -> list[str]:
    """Return the lines that squeue prints."""
    return _output("squeue", *options).splitlines()


def _check_machine() -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        raise Unavailable("a SLURM of one's own needs Linux and root")
    for file in (CONFIGURATION, DEVICES):
        if file.exists() and not file.read_text(encoding="utf-8").startswith(OURS):
            raise Unavailable(f"{file} belongs to another SLURM")


def _install() -> None:
    missing = sorted({package for name, package in PACKAGES.items() if not _program(name)})
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise Unavailable(f"no {' and '.join(missing)} here, and no apt-get to install them")
    for options in (["update"], ["install", "--yes", "--no-install-recommends", *missing]):
        finished = subprocess.run(
            ["apt-get", *options],
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            capture_output=True,
            text=True,
        )
        if finished.returncode:
            raise Unavailable(f"apt-get {options[0]}: {finished.stderr.strip()}")


@contextlib.contextmanager
def _lock() -> Iterator[None]:
    """Be the only one that writes /etc/slurm/; what a crash left there is no one's."""
    import fcntl  # there is none on Windows

    handle = os.open(CONFIGURATION.parent, os.O_RDONLY)
    with contextlib.ExitStack() as at_the_end:
        at_the_end.callback(os.close, handle)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable("another SLURM of these tests is up") from None
        yield


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")


def _host() -> str:
    return socket.gethostname().partition(".")[0]


def _start_munge(slurm: Slurm) -> None:
    """Start a munge of our own, beside any other."""
    key = slurm.folder / "munge.key"
    key.touch(mode=0o600)
    key.write_bytes(os.urandom(1024))
    files = {"socket": "munge", "key-file": "munge.key", "log-file": "munge.log"}
    files |= {"pid-file": "munge.pid", "seed-file": "munge.seed"}
    options = [f"--{name}={slurm.folder / file}" for name, file in files.items()]
    slurm.start("munged", "--foreground", *options)
    wait_for((slurm.folder / "munge").exists, "munge")


def _configuration(folder: Path) -> str:
    """Return slurm.conf: loopback only, no cgroups, no accounting, a node that says it is large.

    The node has more cores and memory than the machine, so that jobs may ask for what they would
    ask of a cluster. TaskProlog notes what GPU a job was given.
    """
    prolog = folder / "prolog"
    prolog.write_text(
        f'#!/bin/sh\necho "$SLURM_JOB_ID=$CUDA_VISIBLE_DEVICES" >> {folder}/gpus\n',
        encoding="utf-8",
    )
    prolog.chmod(0o755)
    return f"""{OURS}
ClusterName=test
SlurmctldHost={_host()}(127.0.0.1)
SlurmctldPort={_free_port()}
SlurmdPort={_free_port()}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
TaskProlog={prolog}
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmdParameters=config_overrides
ReturnToService=2
MinJobAge=600
GresTypes=gpu
NodeName={_host()} NodeAddr=127.0.0.1 CPUs=8 RealMemory=64000 Gres=gpu:2
PartitionName=main Nodes={_host()} Default=YES
PartitionName=gpu Nodes={_host()}
"""


def _devices() -> str:
    """Return gres.conf: two GPUs, as far as SLURM can tell."""
    gpus = [f"NodeName={_host()} Name=gpu File=/dev/{file}" for file in ("null", "zero")]
    return "\n".join([OURS, *gpus, ""])


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def _node_state() -> str:
    return _output("sinfo", "--noheader", "--partition=main", "--format=%T").strip()


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True).stdout


if __name__ == "__main__":
    try:
        with running_slurm():
            sys.exit(subprocess.run(sys.argv[1:]).returncode)
    except Unavailable as reason:
        sys.exit(f"error: {reason}")
