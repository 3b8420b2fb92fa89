"""Answers of one's own: `/json/answer:declined.json` answers with that file, to rehearse a conf with it."""

from pathlib import Path

from gateway.testing.partner.exchange import Answer

# By a file's ending; of other files nothing is given away.
TYPES = {
    "json": "application/json",
    "xml": "text/xml",
    "html": "text/html; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "form": "application/x-www-form-urlencoded",
}
# A plain name: nothing of another folder, and nothing hidden.
NAME = rf"(\w[\w.-]*\.(?:{'|'.join(TYPES)}))"


def written(name: str, status: int, folder: Path) -> Answer:
    """What the file of this name holds, as an answer. Raises OSError where it cannot be read."""
    return Answer(status, TYPES[name.rpartition(".")[2]], (folder / name).read_bytes())
