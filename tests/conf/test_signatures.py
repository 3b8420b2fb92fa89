"""The secrets that templates sign with: they belong to their source as every other secret does."""

import hashlib

import pytest

from gateway.conf.model import Conf
from gateway.errors import ConfError
from gateway.events import parse_event
from gateway.model import Secret
from gateway.templates import scope
from tests.conf.conftest import SOURCE, Folder
from tests.making import NOON

KEY = "s3cret-of-acme"
SIGNED = SOURCE + '    sig: "{{ (lead.id ~ secrets.key) | md5 }}"\n'
SAMPLE = '{"type": "return", "source": "acme", "lead": {"id": "L-1"}}'


def signature(conf: Conf, text: str = SAMPLE) -> object:
    """What an event is signed with by a conf."""
    route = conf.route("acme/return")
    assert route is not None
    return route.mapper.map(scope(parse_event(text, NOON), "Acme Leads", NOON, "0" * 32)).tree["sig"]


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def test_a_secret_is_a_dependency(conf: Folder) -> None:
    """It must be there, is known to the source, which masks it, and is warned of where others can read it."""
    conf.write(acme=SIGNED)
    assert conf.problems() == [
        "sources/acme.yaml:7:10: return.mapping.sig: the secret file {folder}/secrets/key cannot be read: "
        "No such file or directory (create it, mode 0600)"
    ]
    found = conf.write({"secrets/key": KEY}).load()
    assert found.secrets == found.sources["acme"].secrets == {Secret("file", "key"): KEY}
    assert signature(found) == md5("L-1" + KEY)
    (conf.path / "secrets" / "key").chmod(0o644)
    assert conf.problems() == [
        "warning: sources/acme.yaml:7:10: return.mapping.sig: the secret file {folder}/secrets/key is open to others "
        "on this machine (chmod 600 {folder}/secrets/key)"
    ]


def test_a_variable_of_the_environment(conf: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """`secrets.env.NAME` is `{env: NAME}`."""
    monkeypatch.setenv("ACME_KEY", KEY)
    found = conf.write(acme=SIGNED.replace("secrets.key", "secrets.env.ACME_KEY")).load()
    assert found.secrets == {Secret("env", "ACME_KEY"): KEY}
    assert signature(found) == md5("L-1" + KEY)


def test_each_conf_signs_with_its_own(conf: Folder) -> None:
    """A changed secret makes its source anew; the conf before goes on as it was."""
    before = conf.write({"secrets/key": "old"}, acme=SIGNED).load()
    after = conf.write({"secrets/key": "new"}).load(before)
    assert (signature(before), signature(after)) == (md5("L-1old"), md5("L-1new"))
    assert conf.load(after).sources["acme"] is after.sources["acme"]


def test_no_event_brings_its_own(conf: Folder) -> None:
    """What is posted under the same name is not read."""
    found = conf.write({"secrets/key": KEY}, acme=SIGNED).load()
    assert signature(found, SAMPLE.replace('"lead"', '"secrets": {"key": "mine"}, "lead"')) == md5(
        "L-1" + KEY
    )


def test_nothing_shows_it(conf: Folder) -> None:
    """Neither the conf when printed, nor a warning of a sample, nor one of a path that no event holds."""
    bad = "{{ (lead.none ~ secrets.key) | sha256 ~ (lead.id | date('iso')) }}"
    conf.write({"secrets/key": KEY, "events/one.json": SAMPLE}, acme=f'{SIGNED}    bad: "{bad}"\n')
    assert KEY not in repr(conf.load())
    at = "warning: sources/acme.yaml:8:10: return.mapping.bad: "
    assert conf.problems() == [
        f"{at}the sample event events/one.json cannot be rendered: 'L-1' cannot be read as a date "
        "(write ISO 8601, such as 2026-11-23T09:15:00Z)",
        f"{at}lead.none is in no sample event (lead has: id)",
    ]


def test_rules_and_criteria_see_none(conf: Folder) -> None:
    """A rule that names one is refused, and the variables that criteria read hold none."""
    rules = SIGNED + '  criteria: {rules: [{field: lead.id, op: is equal to, value: "{{ secrets.key }}"}]}\n'
    conf.write({"secrets/key": KEY}, acme=rules)
    with pytest.raises(ConfError, match="no secret can be read here"):
        conf.load()
    assert "secrets" not in scope(parse_event(SAMPLE, NOON), "Acme Leads", NOON, "0" * 32)
