"""`init`."""

import stat

import pytest

from gateway.conf.files import Files
from gateway.conf.load import data_folder, load
from gateway.daemon import registry


def test_a_first_conf_is_clean(cli, tmp_path):
    """`check` accepts what `init` made, without a warning."""
    made = cli("init", "conf")
    assert made.exit_code == 0
    found = cli("check")
    assert (found.exit_code, found.stdout, found.stderr) == (
        0,
        "",
        "conf: 1 source, 1 endpoint, no problems\n",
    )


def test_its_event_can_be_previewed(cli):
    """The sample event of a first conf passes its criteria and renders."""
    cli("init", "conf")
    found = cli("preview", "conf/events/example.json")
    assert found.exit_code == 0
    assert "criterion rules pass" in found.stdout


def test_secrets_are_for_one_user(cli, tmp_path):
    """The secrets folder is 0700, its files are 0600."""
    cli("init", "deep/er/conf")
    secrets = tmp_path / "deep/er/conf/secrets"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets.iterdir()} == {0o600}


def test_it_says_what_is_next(cli):
    """The commands that it names carry the folder it made."""
    assert "feedback-gateway check --conf other " in cli("init", "other").stdout
    assert "feedback-gateway check  " in cli("init", "conf").stdout


@pytest.mark.parametrize(
    ("folder", "data"),
    [("conf", "data"), ("my-conf", "my-conf-data"), ("deep/my: conf", "deep/my: conf-data")],
)
def test_two_folders_share_no_store(cli, tmp_path, folder, data):
    """The store stands beside the conf folder and has its name, so that two in one place do not meet."""
    cli("init", folder)
    conf = load(Files.read(tmp_path / folder), registry())
    assert data_folder(tmp_path / folder, conf.gateway) == tmp_path / data


def test_a_folder_with_something_in_it_is_left_alone(cli, tmp_path):
    """Nothing is written into a folder that is not empty; an empty one is taken."""
    (tmp_path / "conf").mkdir()
    assert cli("init", "conf").exit_code == 0
    (tmp_path / "conf" / "gateway.yaml").write_text("listen: [unix:/mine]\n")
    found = cli("init", "conf")
    assert found.exit_code == 2
    assert "conf is not empty (name a folder that is empty, or not there yet)" in found.stderr
    assert (tmp_path / "conf" / "gateway.yaml").read_text() == "listen: [unix:/mine]\n"
