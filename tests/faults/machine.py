"""What the fault suite needs of a machine, and what is missing here; `tests/faults/install` brings it."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
_FORBIDDEN = (
    "not permitted",
    "ermission denied",
    "superuser",
    "loop device",
    "unknown filesystem",
    "No such file or directory: 'mount'",
)
_FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


def needs(*programs: str) -> pytest.MarkDecorator:
    """Skip a test where a program is missing."""
    missing = [name for name in programs if shutil.which(name, path=_PATH) is None]
    return pytest.mark.skipif(
        bool(missing), reason=f"{' and '.join(missing)} missing (tests/faults/install brings it)"
    )


@contextmanager
def inject(pid: int, folder: Path, calls: str, what: str) -> Iterator[None]:
    """Spoil some system calls of a running process, as `strace -e inject` says it, until the block ends."""
    with (folder / "strace.err").open("wb") as said:
        words = ["strace", "-f", "-p", str(pid), "-e", f"trace={calls}", "-e", f"inject={calls}:{what}"]
        tracing = subprocess.Popen([*words, "-o", str(folder / "strace.out")], stderr=said)
    try:
        end = time.monotonic() + 15
        while "attached" not in (told := (folder / "strace.err").read_text()):
            if tracing.poll() is not None:
                _skip_or_fail("no process be traced", told)
            assert time.monotonic() < end, told
            time.sleep(0.01)
        yield
    finally:
        if tracing.poll() is None:
            tracing.terminate()
            tracing.wait(10)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of that size, in memory."""
    folder.mkdir()
    with _mounted(folder, "-t", "tmpfs", "-o", f"size={size}", "none"):
        yield folder


@contextmanager
def xfs_image(folder: Path) -> Iterator[Path]:
    """A file with an XFS file system in it, to be mounted."""
    image = folder / "disk.xfs"
    with image.open("wb") as file:
        file.truncate(320 * 1024 * 1024)  # the least that mkfs.xfs takes is 300 MiB
    try:
        _run("mkfs.xfs", "-q", str(image))
        yield image
    finally:
        image.unlink()


@contextmanager
def mounted(image: Path, folder: Path) -> Iterator[Path]:
    """A file system that lies in a file, mounted on a folder."""
    folder.mkdir(exist_ok=True)
    with _mounted(folder, "-o", "loop", str(image)):
        yield folder


def cut_power(mount: Path) -> None:
    """From now on nothing reaches this disk, the log of its file system neither: as if its power were gone."""
    _run("xfs_io", "-x", "-c", "shutdown", str(mount))


def faked_time(file: Path) -> dict[str, str]:
    """The environment of a process whose wall clock is as far off as a file says: `+1d`; timers go on as ever."""
    if _FAKETIME is None:
        pytest.skip("libfaketime missing (tests/faults/install brings it)")
    return {
        "LD_PRELOAD": str(_FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


@contextmanager
def _mounted(folder: Path, *words: str) -> Iterator[None]:
    try:
        _run("mount", *words, str(folder))
    except OSError as error:
        _skip_or_fail("nothing be mounted", str(error))
    except subprocess.CalledProcessError as error:
        _skip_or_fail("nothing be mounted", error.stderr)
    try:
        yield
    finally:
        _unmount(folder)


def _skip_or_fail(what: str, told: str) -> NoReturn:
    """Skip where the machine forbids something, or has no such thing; fail where it went wrong."""
    if any(text in told for text in _FORBIDDEN):
        pytest.skip(f"this machine lets {what}: {told.strip()}")
    pytest.fail(told)


def _unmount(folder: Path) -> None:
    """A file that was closed a moment ago may keep it busy for another one."""
    for _ in range(50):
        try:
            return _run("umount", str(folder))
        except subprocess.CalledProcessError:
            time.sleep(0.1)
    return _run("umount", "-l", str(folder))


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, text=True, env={**os.environ, "PATH": _PATH})
