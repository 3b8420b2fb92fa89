"""What kind of file system a folder is on, as Linux tells it (proc(5), mountinfo)."""

import os
import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
# Those that come over a network, or from another machine's kernel: locks and the shared memory of a write-ahead log
# hold on one machine only (sqlite.org/wal.html), and what fsync promised there is somebody else's word.
_REMOTE = re.compile(
    r"nfs\d?|cifs|smb\d?|smbfs|9p|afs|ceph|coda|lustre|gpfs|beegfs|glusterfs|gfs2?|ocfs2|ncpfs|pvfs2|orangefs"
    r"|fuse\.(?:sshfs|s3fs|gcsfuse|rclone|glusterfs|ceph-fuse|cephfs|davfs2?|curlftpfs|nfs.*|smb.*|blobfuse2?|goofys"
    r"|mount-s3|juicefs|seaweedfs|moosefs|lizardfs)"
)
_ESCAPED = re.compile(r"\\([0-7]{3})")


def remote(folder: Path) -> str | None:
    """The type of a folder's file system where that is a network's; None where it is local, or nobody knows."""
    try:
        mounts = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:  # not Linux
        return None
    kind = kind_of(os.path.realpath(folder), mounts)
    return kind if kind is not None and _REMOTE.fullmatch(kind) else None


def kind_of(path: str, mounts: str) -> str | None:
    """The type of the file system that an absolute path is on; the last one mounted there counts."""
    found: tuple[int, str] | None = None
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:
            continue
        at = _ESCAPED.sub(lambda octal: chr(int(octal[1], 8)), fields[4]).rstrip("/")
        if (path == at or path.startswith(f"{at}/")) and (found is None or len(at) >= found[0]):
            found = len(at), after.split(" ")[0]
    return None if found is None else found[1]
