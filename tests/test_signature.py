"""A signature of a study's root: made and checked by the audit, and checked by openssl alone."""

import shutil
import subprocess
import sys

import pytest

from coin.common.errors import BadInput
from coin.provenance.signature import sign, verify
from coin.provenance.study_records import read_study

PROVENANCE = "results/toy/provenance"
NEEDS_OPENSSL = pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl here")


def audit(folder, *arguments):
    """Audit the toy study; returns status and lines."""
    command = [sys.executable, "-B", "scripts/audit.py", "results/toy", *arguments]
    finished = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert "Traceback" not in finished.stderr, finished.stderr
    return finished.returncode, (finished.stdout + finished.stderr).splitlines()


def openssl(folder, *arguments):
    return subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True)


@pytest.fixture
def keys(tmp_path):
    """Keys as openssl makes them: two of the right kind, one of another."""
    folder = tmp_path / "keys"
    folder.mkdir()
    for name, kind in (("own", "ed25519"), ("other", "ed25519"), ("rsa", "rsa")):
        openssl(folder, "genpkey", "-algorithm", kind, "-out", f"{name}.pem")
        openssl(folder, "pkey", "-in", f"{name}.pem", "-pubout", "-out", f"{name}_public.pem")
    (folder / "none.pem").write_text("no key\n", encoding="utf-8")
    return folder


@NEEDS_OPENSSL
def test_a_signed_root_is_verified_by_the_audit_and_by_openssl(toy, keys):
    status, lines = audit(toy, "--sign", keys / "own.pem")
    assert status == 0 and lines[-1].endswith("provenance/ROOT.sig")
    status, lines = audit(toy, "--verify", keys / "own_public.pem")
    assert status == 0 and lines[-1] == f"signed by the key of {keys / 'own_public.pem'}"
    command = ["pkeyutl", "-verify", "-pubin", "-inkey", keys / "own_public.pem", "-rawin"]
    command += ["-in", f"{PROVENANCE}/ROOT", "-sigfile", f"{PROVENANCE}/ROOT.sig"]
    assert openssl(toy, *command).returncode == 0
    (toy / PROVENANCE / "ROOT").write_text(f"{'0' * 64}\n", encoding="utf-8")
    assert openssl(toy, *command).returncode == 1


@NEEDS_OPENSSL
def test_a_signature_of_another_root_or_by_another_key_is_one_line(toy, keys):
    wrong = "not a signature of this root by the key"
    audit(toy, "--sign", keys / "own.pem")
    status, lines = audit(toy, "--verify", keys / "other_public.pem")
    assert status == 1 and [wrong in line for line in lines if line.startswith("error: ")] == [True]
    signature = toy / PROVENANCE / "ROOT.sig"
    openssl(
        toy,
        "pkeyutl",
        "-sign",
        "-inkey",
        keys / "own.pem",
        "-rawin",
        "-in",
        "config.yaml",
        "-out",
        signature,
    )
    status, lines = audit(toy, "--verify", keys / "own_public.pem")
    assert status == 1 and [wrong in line for line in lines if line.startswith("error: ")] == [True]
    signature.unlink()
    lines = audit(toy, "--verify", keys / "own_public.pem")[1]
    assert any("no signature there" in line for line in lines if line.startswith("error: "))


@NEEDS_OPENSSL
def test_what_is_not_in_order_is_not_signed(toy, keys):
    (toy / "results/toy/tables/table2.csv").write_text("", encoding="utf-8")
    status, lines = audit(toy, "--sign", keys / "own.pem")
    assert status == 1
    assert lines[-1] == "error: not signed: a signature would stand for the errors above"
    assert not (toy / PROVENANCE / "ROOT.sig").exists()


@NEEDS_OPENSSL
@pytest.mark.parametrize("name", ["none.pem", "missing.pem", "rsa.pem", "own_public.pem"])
def test_a_private_key_that_is_none_is_one_line(finished_toy, keys, name):
    with pytest.raises(BadInput, match=rf"{name}: .*; make one: openssl genpkey"):
        sign(read_study(finished_toy / "results/toy"), keys / name)


@NEEDS_OPENSSL
@pytest.mark.parametrize("name", ["none.pem", "missing.pem", "rsa_public.pem", "own.pem"])
def test_a_public_key_that_is_none_is_one_line(finished_toy, keys, name):
    with pytest.raises(BadInput, match=rf"{name}: .*; make one: openssl pkey -in private"):
        verify(read_study(finished_toy / "results/toy"), keys / name)
