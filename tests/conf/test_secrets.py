"""Secrets are read from files and the environment, and what is wrong with one is said without it."""

from pathlib import Path

import pytest

from gateway.conf.references import secret
from gateway.conf.secrets import Secrets, secrets_folder
from gateway.model import Secret

TOKEN = Secret("file", "token")


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    return Secrets(tmp_path)


def write(secrets: Secrets, content: bytes, mode: int = 0o600) -> None:
    path = secrets.folder / "token"
    path.write_bytes(content)
    path.chmod(mode)


@pytest.mark.parametrize(
    ("content", "text"),
    [(b"s3cr3t", "s3cr3t"), (b"s3cr3t\n", "s3cr3t"), (b"s3cr3t\r\n", "s3cr3t"), (b" a b \n\n", " a b \n"), ("Zoë".encode(), "Zoë")],
)  # fmt: skip
def test_a_file_is_the_secret_without_its_last_line_break(secrets, content, text):
    """Editors end a file with a line break; nothing else is taken away."""
    write(secrets, content)
    assert secrets.reveal(TOKEN) == text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty (write the secret into it)"),
        (b"\n", "is empty (write the secret into it)"),
        (b"\xff", "is not UTF-8 (write the secret as text)"),
    ],
)
def test_a_file_that_is_no_secret(secrets, content, sentence):
    """An empty file and one that is no text are refused."""
    write(secrets, content)
    with pytest.raises(ValueError, match="the secret file") as caught:
        secrets.reveal(TOKEN)
    assert str(caught.value) == f"the secret file {secrets.folder}/token {sentence}"


def test_a_file_that_is_not_there(secrets):
    """It is named with its folder, and what to do."""
    with pytest.raises(ValueError, match="No such file or directory") as caught:
        secrets.reveal(TOKEN)
    assert str(caught.value) == (
        f"the secret file {secrets.folder}/token cannot be read: No such file or directory (create it, mode 0600)"
    )


def test_a_file_that_cannot_be_reached(secrets, monkeypatch):
    """Where the folder lets nobody else in, a sentence says who may ask: no other error leaves."""

    def closed(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", closed)
    with pytest.raises(
        ValueError, match=r"cannot be read: Permission denied \(ask as the daemon's user or root\)"
    ):
        secrets.reveal(TOKEN)


def test_a_folder_is_no_secret(secrets):
    """A folder of the secret's name is told as such."""
    (secrets.folder / "token").mkdir()
    with pytest.raises(ValueError, match="is no regular file \\(write the secret into a plain file\\)"):
        secrets.reveal(TOKEN)


def test_a_secret_is_read_once(secrets):
    """All that is built in one load sees the same text, whatever happens to the file meanwhile."""
    write(secrets, b"old")
    assert secrets.reveal(TOKEN) == "old"
    write(secrets, b"new")
    assert secrets.reveal(TOKEN) == "old"


def test_the_environment(secrets, monkeypatch):
    """A variable is the secret as it is; an empty one counts as not set."""
    monkeypatch.setenv("ACME_KEY", " s3cr3t\n")
    assert secrets.reveal(Secret("env", "ACME_KEY")) == " s3cr3t\n"
    monkeypatch.setenv("ACME_EMPTY", "")
    for name in ("ACME_EMPTY", "ACME_MISSING"):
        with pytest.raises(ValueError, match="is not set") as caught:
            secrets.reveal(Secret("env", name))
        assert (
            str(caught.value)
            == f"the environment variable {name} is not set (set it before the daemon starts)"
        )


def test_what_is_still_as_it_was(secrets):
    """True while every secret has the text that is known; a missing file is a change, and no error."""
    write(secrets, b"a")
    assert secrets.still({}) is True
    assert secrets.still({TOKEN: "a"}) is True
    assert secrets.still({TOKEN: "b"}) is False
    assert secrets.still({TOKEN: "a", Secret("file", "gone"): "x"}) is False


@pytest.mark.parametrize(
    ("mode", "warns"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True), (0o644, True)]
)
def test_a_file_that_others_can_read_is_warned_of(secrets, mode, warns):
    """Rights for group or others are named, with the command that takes them away."""
    write(secrets, b"s3cr3t", mode)
    path = secrets.folder / "token"
    said = f"the secret file {path} is open to others on this machine (chmod 600 {path})"
    assert secrets.warning(TOKEN) == (said if warns else None)


def test_a_file_that_systemd_guards_is_not_warned_of(secrets, monkeypatch):
    """It lets the daemon in by an access list, which a file's mode shows as rights of its group (LoadCredential)."""
    write(secrets, b"s3cr3t", 0o440)
    assert secrets.warning(TOKEN) is not None
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(secrets.folder))
    assert secrets.warning(TOKEN) is None


def test_the_environment_is_warned_of(secrets):
    """It is fixed when the process starts, which an operator should know."""
    assert secrets.warning(Secret("env", "ACME_KEY")) == (
        "ACME_KEY is read once, when the daemon starts (a {file: NAME} is read on every reload)"
    )


def test_where_secrets_are(tmp_path, monkeypatch):
    """As named in the conf, relative to it; else $CREDENTIALS_DIRECTORY; else below the conf folder."""
    assert secrets_folder(tmp_path, None) == tmp_path / "secrets"
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/gateway")
    assert secrets_folder(tmp_path, None) == Path("/run/credentials/gateway")
    assert secrets_folder(tmp_path, "../keys") == tmp_path.parent / "keys"
    assert secrets_folder(tmp_path, "/etc/keys") == Path("/etc/keys")


def test_what_a_reference_is():
    """`{file: NAME}` and `{env: NAME}` are secrets; anything else stays what it is."""
    assert secret({"file": "acme_key"}) == Secret("file", "acme_key")
    assert secret({"env": "ACME_KEY"}) == Secret("env", "ACME_KEY")
    for other in ("file", 5, None, [], {}, {"path": "x"}, {"file": "x", "mode": "y"}):
        assert secret(other) == other


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "/etc/passwd", "", ".hidden", "a b", "a\n", "ä", 7, None, ["a"], "x" * 129]
)
def test_a_secret_has_a_plain_name(name):
    """No name leads out of the secrets folder, or to a hidden file."""
    with pytest.raises(ValueError, match="cannot name a secret"):
        secret({"file": name})


def test_no_text_shows_a_secret():
    """A reference is shown as ***, whatever it refers to."""
    assert str(TOKEN) == "***"
