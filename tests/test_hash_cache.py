"""Raw files are read once for their hash, and again exactly when they may have changed."""

import hashlib
import json
import os

import pytest

from coin.provenance import hash_cache
from coin.provenance.hash_cache import known_hash, sha256_of_raw
from coin.provenance.job_record import described


@pytest.fixture
def raw(tmp_path, monkeypatch):
    """A folder of two files, whose dates count as settled at once."""
    monkeypatch.setattr(hash_cache, "_SETTLED", -1e12)
    folder = tmp_path / "raw"
    folder.mkdir()
    for name in ("a.dcm", "b.dcm"):
        (folder / name).write_text(name, encoding="utf-8")
    return folder


@pytest.fixture
def read_files(monkeypatch):
    """The names of the files that were read, in order."""
    names = []
    real = hash_cache.sha256
    monkeypatch.setattr(hash_cache, "sha256", lambda path: names.append(path.name) or real(path))
    return names


def hashes(folder, cache):
    return [file["sha256"] for file in described([folder], cache)]


def test_a_second_look_reads_nothing(raw, read_files, tmp_path):
    cache = tmp_path / "cache.json"
    first = hashes(raw, cache)
    assert first == [hashlib.sha256(name).hexdigest() for name in (b"a.dcm", b"b.dcm")]
    assert read_files == ["a.dcm", "b.dcm"]
    assert hashes(raw, cache) == first and read_files == ["a.dcm", "b.dcm"]


def in_place(file):
    file.write_text("A.dcm", encoding="utf-8")


def by_another_file(file):
    other = file.with_name("c")
    other.write_text("A.dcm", encoding="utf-8")
    other.replace(file)


@pytest.mark.parametrize("change", [in_place, by_another_file])
def test_a_change_of_the_same_size_and_date_is_seen(raw, read_files, tmp_path, change):
    """Whoever sets the date of the content back cannot set back that of the change."""
    cache = tmp_path / "cache.json"
    hashes(raw, cache)
    before = (raw / "a.dcm").stat()
    change(raw / "a.dcm")
    os.utime(raw / "a.dcm", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert hashes(raw, cache)[0] == hashlib.sha256(b"A.dcm").hexdigest()
    assert read_files == ["a.dcm", "b.dcm", "a.dcm"]


def test_a_file_that_changed_just_now_is_not_remembered(raw, read_files, tmp_path, monkeypatch):
    """Another change within the same tick of the clock would leave the same dates."""
    monkeypatch.setattr(hash_cache, "_SETTLED", 1e12)
    sha256_of_raw([raw / "a.dcm"], tmp_path / "cache.json")
    sha256_of_raw([raw / "a.dcm"], tmp_path / "cache.json")
    assert read_files == ["a.dcm", "a.dcm"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 5}', "[" * 10**6, b"\xff"])
def test_a_damaged_cache_is_no_cache(raw, tmp_path, text):
    cache = tmp_path / "cache.json"
    cache.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert hashes(raw, cache) == [hashlib.sha256(name).hexdigest() for name in (b"a.dcm", b"b.dcm")]
    assert len(json.loads(cache.read_text(encoding="utf-8"))) >= 2


def test_an_unknown_file_has_no_remembered_hash(raw):
    assert known_hash(raw / "a.dcm", {str(raw / "a.dcm"): [1, 2]}) is None
