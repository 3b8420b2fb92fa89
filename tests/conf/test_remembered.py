"""The last good conf, kept in the data folder: only what the daemon itself wrote there is started with."""

import json
import os
import stat
from pathlib import Path

import pytest

from gateway.conf.files import Files
from gateway.conf.load import load
from gateway.conf.remembered import keep, kept
from gateway.registry import Registry

NAME = "last-good-conf.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A conf folder whose conf is remembered."""
    conf = tmp_path / "conf"
    conf.mkdir()
    (conf / "gateway.yaml").write_text("data: ../data\n")
    (tmp_path / "data").mkdir()
    remember(conf)
    return conf


def remember(folder: Path) -> None:
    files = Files.read(folder)
    keep(files, load(files, Registry()))


def found(folder: Path) -> list[dict[str, bytes]]:
    return [dict(files.content) for files in kept(folder)]


def test_what_is_kept_is_found(folder: Path) -> None:
    """By who wrote it, also from a backup that others may read; it is for nobody else to read as it is written."""
    file = folder.parent / "data" / NAME
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)
    assert found(folder)[0] == {"gateway.yaml": b"data: ../data\n"}


@pytest.mark.parametrize("open_to", [0o620, 0o602, 0o666])
def test_what_others_could_have_written_is_passed_over(folder: Path, open_to: int) -> None:
    """In a data folder that a group may write to, nobody of it says what is sent where."""
    (folder.parent / "data" / NAME).chmod(open_to)
    assert found(folder) == []


def test_what_another_user_wrote_is_passed_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is the folder's owner's, or our own."""
    data, real = folder.parent / "data", os.fstat

    def theirs(descriptor: int) -> os.stat_result:
        return os.stat_result([*real(descriptor)[:4], data.stat().st_uid + 1, *real(descriptor)[5:]])

    monkeypatch.setattr(os, "fstat", theirs)
    assert found(folder) == []


def test_no_link_is_followed(folder: Path, tmp_path: Path) -> None:
    """Neither in reading, nor in writing: what somebody made a link to stays as it is."""
    data, elsewhere = folder.parent / "data", tmp_path / "elsewhere"
    elsewhere.write_text(json.dumps({"gateway.yaml": "data: /planted\n"}))
    (data / NAME).unlink()
    (data / NAME).symlink_to(elsewhere)
    assert found(folder) == []
    (data / "last-good-conf.new").symlink_to(elsewhere)
    remember(folder)
    assert "planted" in elsewhere.read_text()
    assert found(folder)[0] == {"gateway.yaml": b"data: ../data\n"}


def test_what_lies_about_from_a_crash_lends_no_rights(folder: Path) -> None:
    """A half-written file that others may read is not written on."""
    data = folder.parent / "data"
    (data / "last-good-conf.new").write_text("half")
    (data / "last-good-conf.new").chmod(0o666)
    remember(folder)
    assert stat.S_IMODE((data / NAME).stat().st_mode) == 0o600
