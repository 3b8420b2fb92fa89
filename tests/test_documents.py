"""Documents that a transport reads: from the conf folder, a kept copy, or the network."""

import hashlib
import stat
from pathlib import Path

import pytest

from gateway.documents import Documents, is_remote
from gateway.errors import Held

URL = "https://acme.example/feedback?wsdl"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "data" / "documents"


@pytest.mark.parametrize(
    ("url", "remote"),
    [
        (URL, True),
        ("HTTP://acme.example/", True),
        ("wsdl/acme.wsdl", False),
        ("ftp://acme.example/x", False),
        ("", False),
    ],
)
def test_what_is_remote(url, remote):
    """http and https are; everything else is a file beside the conf, or nothing."""
    assert is_remote(url) is remote


def test_a_file_in_the_conf_folder(cache):
    """By its path there, however it is written."""
    documents = Documents({"wsdl/acme.wsdl": b"<x/>"}, cache)
    assert documents.at_hand("wsdl/acme.wsdl") == b"<x/>"
    assert documents.at_hand("./wsdl/types/../acme.wsdl") == b"<x/>"


@pytest.mark.parametrize("path", ["wsdl/acne.wsdl", "../secret", "/etc/passwd", "file:///etc/passwd", ""])
def test_nothing_outside_the_conf_folder(cache, path):
    """A path that is not among the folder's files is no document, wherever it leads."""
    with pytest.raises(ValueError, match=r"there is no file .* in the conf folder \(put it under wsdl/\)"):
        Documents({"wsdl/acme.wsdl": b"<x/>"}, cache).at_hand(path)


@pytest.mark.parametrize("folder", [None, "data"])
def test_what_was_never_fetched_is_held(tmp_path, folder):
    """Without a copy, and where no copies are kept."""
    documents = Documents({}, tmp_path / folder if folder else None)
    with pytest.raises(Held, match="has not been fetched yet") as caught:
        documents.at_hand(URL)
    assert str(caught.value) == f"{URL} has not been fetched yet"


def test_a_copy_is_at_hand_afterwards(cache):
    """What was kept is read without the network, also by the next process."""
    Documents({}, cache).keep({URL: b"<wsdl/>", URL + "2": b"<xsd/>"})
    assert Documents({}, cache).at_hand(URL) == b"<wsdl/>"
    assert Documents({}, cache).at_hand(URL + "2") == b"<xsd/>"


def test_a_copy_replaces_the_older_one(cache):
    """In one step, and without leaving anything else behind."""
    documents = Documents({}, cache)
    documents.keep({URL: b"old"})
    documents.keep({URL: b"new"})
    assert documents.at_hand(URL) == b"new"
    assert [path.name for path in cache.iterdir()] == [hashlib.sha256(URL.encode()).hexdigest()]


def test_copies_are_the_owners_only(cache):
    """A WSDL may name internal addresses."""
    Documents({}, cache).keep({URL: b"x"})
    (copy,) = cache.iterdir()
    assert (stat.S_IMODE(cache.stat().st_mode), stat.S_IMODE(copy.stat().st_mode)) == (0o700, 0o600)


def test_a_copy_that_cannot_be_kept_is_no_fault(tmp_path):
    """A data folder that takes nothing costs the copy, and nothing else."""
    (tmp_path / "file").write_text("")
    documents = Documents({}, tmp_path / "file" / "documents")
    documents.keep({URL: b"x"})
    with pytest.raises(Held):
        documents.at_hand(URL)


def test_a_half_written_copy_is_removed(cache, monkeypatch):
    """Where the last step fails, nothing of it stays."""
    cache.mkdir(parents=True)
    (cache / hashlib.sha256(URL.encode()).hexdigest()).mkdir()
    Documents({}, cache).keep({URL: b"x"})
    assert [path.is_dir() for path in cache.iterdir()] == [True]


def test_fetching_asks_for_what_is_remote_only(cache):
    """Files come from the folder; a remote document is fetched also where there is a copy."""
    asked: list[str] = []
    documents = Documents({"wsdl/a.wsdl": b"file"}, cache)
    documents.keep({URL: b"old"})
    load = documents.fetching(lambda url: asked.append(url) or b"new")
    assert (load(URL), load("wsdl/a.wsdl"), asked) == (b"new", b"file", [URL])
    assert documents.at_hand(URL) == b"old"
