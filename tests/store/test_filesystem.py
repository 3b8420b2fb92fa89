"""Which file systems a store may be on."""

import pytest

from gateway.errors import StoreError
from gateway.store import filesystem
from gateway.store.sqlite import SqliteStore

MOUNTS = """\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
40 27 0:40 / /mnt/share rw shared:2 master:1 - {kind} server:/share rw
41 40 0:41 / /mnt/share/local rw - xfs /dev/vdb rw
42 27 0:42 / /mnt/with\\040blank rw - nfs4 server:/b rw
43 27 0:43 / /mnt/over rw - nfs server:/c rw
44 27 0:44 / /mnt/over rw - ext4 /dev/vdc rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/data", "ext4"),
        ("/mnt/share", "nfs4"),
        ("/mnt/share/data", "nfs4"),
        ("/mnt/shared", "ext4"),
        ("/mnt/share/local/data", "xfs"),
        ("/mnt/with blank/data", "nfs4"),
        ("/mnt/over/data", "ext4"),
    ],
)
def test_the_mount_of_a_path(path, kind):
    """The nearest mount counts, of two at one place the later; a blank in it stands as the kernel writes it."""
    assert filesystem.kind_of(path, MOUNTS.format(kind="nfs4")) == kind


def test_no_mount():
    """A table that is empty or odd tells nothing."""
    assert filesystem.kind_of("/data", "") is None
    assert filesystem.kind_of("/data", "odd - \nodd\n") is None


@pytest.mark.parametrize(
    "kind",
    ["nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "fuse.sshfs", "fuse.s3fs", "fuse.glusterfs", "fuse.rclone"],
)
async def test_a_network_file_system_is_refused(tmp_path, monkeypatch, kind):
    """The sentence names its type and where to go; nothing was made there."""
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"27 1 254:0 / {tmp_path} rw - {kind} server:/share rw\n")
    monkeypatch.setattr(filesystem, "MOUNTS", mounts)
    (tmp_path / "data").mkdir()
    with pytest.raises(StoreError) as refused:
        await SqliteStore.open(tmp_path / "data")
    assert str(refused.value) == (
        f"the data folder {tmp_path}/data is on a network file system ({kind}), which keeps no promise of SQLite's"
        " (name one on a local disk as `data` in gateway.yaml)"
    )
    assert list((tmp_path / "data").iterdir()) == []


@pytest.mark.parametrize(
    "kind", ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "fuseblk", "fuse.fuse-overlayfs"]
)
def test_a_local_one_is_not(tmp_path, monkeypatch, kind):
    """Nor is anything where there is no such table, as elsewhere than on Linux."""
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"27 1 254:0 / / rw - {kind} /dev/vda rw\n")
    monkeypatch.setattr(filesystem, "MOUNTS", mounts)
    assert filesystem.remote(tmp_path) is None
    monkeypatch.setattr(filesystem, "MOUNTS", tmp_path / "none")
    assert filesystem.remote(tmp_path) is None
