"""Transport `soap`: what zeep parsed is kept for whoever asks for the same, and no more than that is worth."""

import threading
from pathlib import Path

import pytest

from plugins.soap import parsing
from plugins.soap.documents import WsdlError, gather

TEXT = (Path(__file__).parent / "wsdl" / "unqualified.wsdl").read_bytes()


@pytest.fixture
def parsed(monkeypatch):
    """The roots that were parsed, nothing being kept before."""
    parsed = []

    class Counted(parsing.Document):
        def __init__(self, *args, **kwargs):
            parsed.append(args)
            super().__init__(*args, **kwargs)

    monkeypatch.setattr(parsing, "Document", Counted)
    monkeypatch.setattr(parsing, "_shared", parsing._Shared())
    return parsed


def numbered(number: int, url: str = "a.wsdl"):
    return gather(url, lambda _: TEXT.replace(b"urn:acme", f"urn:n{number}".encode()))


def test_equal_contents_are_parsed_once_also_from_many_threads(parsed):
    """Wherever they came from."""
    found = []
    threads = [
        threading.Thread(target=lambda n=n: found.append(parsing.read(numbered(0, f"{n}.wsdl"))))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), len(set(map(id, found))), len(parsed)) == (8, 1, 1)


def test_it_keeps_a_bounded_weight(parsed, monkeypatch):
    """The last few; the newest whatever it weighs."""
    monkeypatch.setattr(parsing, "MOST_KEPT", 3 * sum(numbered(0).weights.values()))
    for number in (0, 1, 2, 3, 3, 2, 1):
        parsing.read(numbered(number))
    assert len(parsed) == 4
    parsing.read(numbered(0))
    assert len(parsed) == 5
    monkeypatch.setattr(parsing, "MOST_KEPT", 0)
    parsing.read(numbered(7))
    parsing.read(numbered(7))
    assert (len(parsed), len(parsing._shared.parsed), parsing._shared.turns) == (6, 1, {})


def test_what_cannot_be_parsed_leaves_nothing_behind(parsed):
    """A WSDL that changes and is wrong each time it is fetched fills no memory."""
    wrong = TEXT.replace(b'binding="', b'binding="none', 1)
    with pytest.raises(WsdlError):
        parsing.read(gather("a.wsdl", lambda _: wrong))
    assert (len(parsed), parsing._shared.parsed, parsing._shared.turns) == (1, {}, {})
