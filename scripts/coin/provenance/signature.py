"""A signature of a study's root: who held the key stands for these results and records.

Ed25519, by a key in a PEM file as openssl makes it, over the bytes of ROOT; 64 bytes in ROOT.sig.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from coin.common.errors import BadInput
from coin.common.files import written_whole
from coin.provenance.study_records import Study

_MAKE = {
    "private": "make one: openssl genpkey -algorithm ed25519 -out private.pem",
    "public": "make one: openssl pkey -in private.pem -pubout -out public.pem",
}


def sign(study: Study, key: Path) -> Path:
    """Sign a study's root, which the audit must have found to be its own; returns the signature.

    Args:
        key: a private key in a PEM file, without a password.

    Raises:
        BadInput: no such key, or no root.
    """
    private = _read(key, lambda pem: load_pem_private_key(pem, None), Ed25519PrivateKey, "private")
    path = study.folder / "provenance/ROOT.sig"
    with written_whole(path) as partial:
        partial.write_bytes(private.sign(_root(study)))
    return path


def verify(study: Study, key: Path) -> None:
    """Check that ROOT.sig is the signature of this root by the holder of a key.

    Args:
        key: the public key in a PEM file.

    Raises:
        BadInput: it is not; or no such key, root or signature.
    """
    public = _read(key, load_pem_public_key, Ed25519PublicKey, "public")
    path = study.folder / "provenance/ROOT.sig"
    if not path.is_file():
        raise BadInput(
            f"{path}: no signature there; sign with --sign, or put the one you were given"
        )
    try:
        public.verify(path.read_bytes(), _root(study))
    except InvalidSignature as error:
        raise BadInput(f"{path}: not a signature of this root by the key {key}") from error


def _read(path: Path, load: Callable[[bytes], Any], kind: type, word: str) -> Any:
    try:
        found = load(path.read_bytes())
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        said = " ".join(str(error).split())[:100]
        raise BadInput(f"{path}: no {word} key in a PEM file ({said}); {_MAKE[word]}") from error
    if not isinstance(found, kind):
        raise BadInput(f"{path}: found another kind of key, expected Ed25519; {_MAKE[word]}")
    return found


def _root(study: Study) -> bytes:
    path = study.folder / "provenance/ROOT"
    if not path.is_file():
        raise BadInput(f"{path}: no root there; run the study to its end")
    return path.read_bytes()
