"""A folder of YAML to one immutable Conf; a broken file keeps what it last was, an unchanged one what it is."""

import time
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import pytest

from gateway.conf.files import Files, look
from gateway.conf.load import data_folder, with_problems
from gateway.conf.model import Conf, Refused, Route
from gateway.conf.schema import GatewaySettings
from gateway.documents import Documents
from gateway.errors import ConfError, Problem
from gateway.events import parse_event
from gateway.model import Secret
from gateway.registry import Registry
from tests.conf.conftest import GATEWAY, SOURCE, Folder

WRAPPED = (Path(__file__).parents[1] / "plugins" / "wsdl" / "wrapped.wsdl").read_bytes()
WSDL = WRAPPED.replace(b"http://acme.example/", b"https://soap.acme.example/")
ENTRIES = [EntryPoint(name, f"tests.conf.{name}", "feedback_gateway") for name in ("clumsy", "fussy")]
BROKEN = "return:\n  transport: json\n"
SOAP = """\
return:
  transport: soap
  url: https://soap.acme.example/feedback?wsdl
  operation: SubmitReturn
  mapping: {LeadId: "{{ lead.id }}"}
"""


def route(conf: Conf, source: str = "acme", flow: str | None = None, type_: str = "return") -> Route:
    found = conf.way(source, flow, type_)
    assert isinstance(found, Route), found
    return found


def mapped(found: Route, text: str = '{"type": "return", "source": "acme", "lead": {"id": "77"}}') -> object:
    return found.mapper.map(dict(parse_event(text, None).body)).tree


def test_a_conf(conf):
    """What stands in the files stands in the Conf."""
    found = conf.write(bolt="kind: account\n").load()
    assert (list(found.sources), dict(found.broken), found.problems) == (["acme", "bolt"], {}, ())
    assert (found.sources["acme"].name, found.sources["bolt"].name, found.sources["bolt"].kind) == (
        "Acme Leads",
        "bolt",
        "account",
    )
    endpoint = route(found).endpoint
    assert (endpoint.id, endpoint.source_name, endpoint.transport, endpoint.timeout) == (
        "acme/return",
        "Acme Leads",
        "json",
        10.0,
    )
    assert mapped(route(found)) == {"lead_id": "77"}
    assert found.digest == conf.read().digest


def test_a_conf_does_not_change(conf):
    """It is shared by everything that runs: nobody can alter it."""
    found = conf.load()
    with pytest.raises(FrozenInstanceError):
        found.digest = ""
    with pytest.raises(TypeError):
        found.sources["x"] = found.sources["acme"]
    with pytest.raises(TypeError):
        found.sources["acme"].routes["return"] = None


def test_an_empty_gateway_file_has_every_default(conf):
    """No key of gateway.yaml is required; no source is required either."""
    conf.remove("sources/acme.yaml")
    found = conf.write({"gateway.yaml": ""}).load()
    assert (found.gateway, dict(found.sources)) == (GatewaySettings(), {})


class TestWays:
    """Which route an event takes, or why none."""

    def test_types_that_are_off(self, conf):
        """A type that the file does not have, or has with `enabled: false`, is vetoed by name."""
        found = conf.write(bolt=SOURCE.replace("  transport", "  enabled: false\n  transport")).load()
        assert found.way("acme", None, "conversion") == Refused(
            "vetoed", "acme/conversion", "lead conversions are off for acme"
        )
        assert found.way("bolt", None, "return") == Refused(
            "vetoed", "bolt/return", "lead returns are off for bolt"
        )

    def test_sources_that_are_not_standard(self, conf):
        """They get no feedback, and that is no mistake of the poster's."""
        found = conf.write(bolt="kind: prebuilt\n").load()
        reason = "bolt is of kind prebuilt: only standard sources get feedback"
        assert found.way("bolt", None, "return") == Refused("vetoed", "bolt/return", reason)

    def test_unknown_sources(self, conf):
        """A person must look, and is told the nearest name."""
        reason = "there is no source 'acmee' (did you mean 'acme'?)"
        assert conf.load().way("acmee", None, "return") == Refused("parked", "acmee/return", reason)

    def test_a_flows_own_file_replaces_the_general_one(self, conf):
        """For its flow whole: a type that only the general file has is off there."""
        found = conf.write({"sources/acme@solar.yaml": SOURCE.replace("return:", "conversion:")}).load()
        assert route(found, flow="solar", type_="conversion").endpoint.id == "acme@solar/conversion"
        assert found.way("acme", "solar", "return") == Refused(
            "vetoed", "acme@solar/return", "lead returns are off for acme@solar"
        )
        assert route(found, flow="auto").endpoint.id == "acme/return"

    def test_a_flows_broken_file_does_not_fall_back(self, conf):
        """What was to be sent by the flow's own conf is never sent by the general one: a person must look."""
        found = conf.write({"sources/acme@solar.yaml": BROKEN}).load(
            last_good=conf.load_without("acme@solar")
        )
        refused = found.way("acme", "solar", "return")
        assert isinstance(refused, Refused)
        assert (refused.state, refused.endpoint) == ("parked", "acme@solar/return")
        assert refused.reason == (
            "the conf of acme@solar is broken and has no good version:"
            " sources/acme@solar.yaml:2:3: return.url: url is missing (it is required here)"
        )
        assert route(found, flow="auto").endpoint.id == "acme/return"

    def test_a_broken_source_without_a_good_version(self, conf):
        """Its events are parked with the first of its faults."""
        found = conf.write(bolt=BROKEN).load(last_good=conf.load_without("bolt"))
        assert found.broken == {
            "bolt": "sources/bolt.yaml:2:3: return.url: url is missing (it is required here)"
        }
        refused = found.way("bolt", None, "return")
        assert refused.reason.startswith(
            "the conf of bolt is broken and has no good version: sources/bolt.yaml:2:3:"
        )


class TestCommon:
    """What both types share."""

    def test_the_endpoints_own_key_wins(self, conf):
        """And mapping, headers, criteria, response and retry are joined key by key."""
        found = conf.write(
            bolt="""\
common:
  transport: json
  url: https://bolt.example/
  timeout: 5s
  mapping: {id: "1", kind: shared}
  headers: {X-A: a}
  response: {outcome_search_term: ^ok$, default_reason: shared}
  retry: {first: 1s, attempts: 3}
return:
  mapping: {kind: own}
  headers: {X-B: b}
  response: {default_reason: own}
  retry: {attempts: 5}
conversion:
  timeout: 9s
"""
        ).load()
        returns, conversions = route(found, "bolt"), route(found, "bolt", type_="conversion")
        assert (mapped(returns), mapped(conversions)) == (
            {"id": "1", "kind": "own"},
            {"id": "1", "kind": "shared"},
        )
        assert returns.mapper.map({}).headers == (("X-A", "a"), ("X-B", "b"))
        assert (returns.endpoint.response.default_reason, returns.endpoint.response.term.text) == (
            "own",
            "^ok$",
        )
        assert (returns.retry.first, returns.retry.attempts, conversions.retry.attempts) == (1.0, 5, 3)
        assert (returns.endpoint.timeout, conversions.endpoint.timeout) == (5.0, 9.0)

    def test_a_type_without_keys_of_its_own(self, conf):
        """`return:` alone turns returns on, with what stands in `common`."""
        found = conf.write(bolt="common: {transport: json, url: 'https://bolt.example/'}\nreturn:\n").load()
        assert route(found, "bolt").endpoint.url == "https://bolt.example/"

    def test_a_fault_there_is_told_once(self, conf):
        """Though both endpoints have it."""
        conf.write(
            bolt="common: {transport: json, url: 'https://bolt.example/', timeout: 5}\nreturn:\nconversion:\n"
        )
        (problem,) = conf.problems()
        assert problem.startswith("sources/bolt.yaml:1:66: common.timeout: 5 is not a duration")


class TestSecrets:
    """Secrets in the conf."""

    def test_wherever_they_may_stand(self, conf, monkeypatch):
        """In auth, a header, a value, and a list of values; the Conf has their texts, the routes only references."""
        monkeypatch.setenv("ACME_ENV", "from the environment")
        found = conf.write(
            {"secrets/token": "t0k3n\n", "secrets/key": "k3y", "secrets/user": "us3r"},
            acme=f"""{SOURCE}    key: {{file: key}}
    keys: [a, {{env: ACME_ENV}}]
  headers: {{X-Key: {{file: key}}}}
  auth: {{bearer: {{file: token}}}}
conversion:
  transport: json
  url: https://api.acme.example/
  auth: {{basic: {{username: {{file: user}}, password: {{file: key}}}}}}
""",
        ).load()
        key, env = Secret("file", "key"), Secret("env", "ACME_ENV")
        assert found.secrets == {
            key: "k3y", env: "from the environment", Secret("file", "token"): "t0k3n", Secret("file", "user"): "us3r",
        }  # fmt: skip
        values = route(found).mapper.map({})
        assert (values.tree, values.headers) == ({"key": key, "keys": ["a", env]}, (("X-Key", key),))
        assert route(found).endpoint.auth.headers() == (("Authorization", "Bearer t0k3n"),)
        assert route(found, type_="conversion").endpoint.auth.username == "us3r"
        for secret in ("t0k3n", "k3y", "environment"):
            assert secret not in repr(found)

    def test_what_an_operator_should_know_of_them(self, conf, monkeypatch):
        """A file that others can read, and a variable that is fixed, are warnings at their place."""
        monkeypatch.setenv("ACME_ENV", "x")
        conf.write({"secrets/key": "k"}, acme=f"{SOURCE}    a: {{file: key}}\n    b: {{env: ACME_ENV}}\n")
        (conf.path / "secrets" / "key").chmod(0o644)
        path = "{folder}/secrets/key"
        assert conf.problems() == [
            f"warning: sources/acme.yaml:7:8: return.mapping.a: the secret file {path} is open to others"
            f" on this machine (chmod 600 {path})",
            "warning: sources/acme.yaml:8:8: return.mapping.b: ACME_ENV is read once, when the daemon starts"
            " (a {file: NAME} is read on every reload)",
        ]

    @pytest.mark.parametrize(
        ("keys", "sentence"),
        [
            (
                "auth: {bearer: {file: key}}",
                "return.auth.bearer: the bearer token is empty or holds more than visible ASCII",
            ),
            (
                "auth: {basic: {username: 'a:b', password: {file: key}}}",
                "return.auth.basic: the user name holds a colon",
            ),
            (
                "auth: {basic: {username: a, password: {file: key}}}",
                "return.auth.basic: user name or password holds a control",
            ),
            (
                "headers: {X-Key: {file: key}}",
                "return.headers.X-Key: the secret holds a line break, another control character",
            ),
        ],
    )
    def test_one_that_can_never_be_sent(self, conf, keys, sentence):
        """Is told when it is loaded, not by every event; and without it."""
        conf.write({"secrets/key": "two\nlines"}, acme=f"{SOURCE}  {keys}\n")
        (problem,) = conf.problems()
        assert sentence in problem
        assert "lines" not in problem

    def test_a_folder_of_their_own(self, conf):
        """`secrets:` names it, relative to the conf folder."""
        conf.write(
            {"gateway.yaml": GATEWAY + "secrets: ../keys\n", "../keys/key": "k"},
            acme=f"{SOURCE}    a: {{file: key}}\n",
        )
        assert list(conf.load().secrets.values()) == ["k"]


class TestLastGood:
    """A broken source file keeps its last good version; gateway.yaml and tables are all or nothing."""

    def test_a_broken_source_keeps_its_version_while_others_go_live(self, conf):
        """The problems stand in the Conf, and nothing is `broken` that has a good version."""
        good = conf.write(bolt=SOURCE).load()
        found = conf.write(acme=BROKEN, bolt=SOURCE.replace("lead_id", "id")).load(good)
        assert found.sources["acme"] is good.sources["acme"]
        assert mapped(route(found, "bolt")) == {"id": "77"}
        assert [str(problem) for problem in found.problems] == [
            "sources/acme.yaml:2:3: return.url: url is missing (it is required here)"
        ]
        assert dict(found.broken) == {}

    def test_a_removed_source_is_gone(self, conf):
        """Also where it had a good version."""
        good = conf.write(bolt=SOURCE).load()
        conf.remove("sources/bolt.yaml")
        assert list(conf.load(good).sources) == ["acme"]

    @pytest.mark.parametrize(
        "fault", [{"gateway.yaml": "listn: []\n"}, {"tables/x.yaml": "- a\n"}, {"tables/x.yml": "a: b\n"}]
    )
    def test_shared_files_are_all_or_nothing(self, conf, fault):
        """Nothing of the folder is taken, and what is wrong with the sources is told with it."""
        good = conf.load()
        with pytest.raises(ConfError) as caught:
            conf.write(fault, bolt="nmae: x\n").load(good)
        assert [problem.file for problem in caught.value.problems] == sorted([*fault, "sources/bolt.yaml"])

    def test_without_a_good_version_nothing_is_taken(self, conf):
        """One fault anywhere, and there is no Conf."""
        with pytest.raises(ConfError):
            conf.write(bolt=BROKEN).load()

    def test_a_broken_source_keeps_its_version_but_not_old_secrets_of_others(self, conf):
        """A secret that was renewed is renewed for everybody who could be built again."""
        with_key = SOURCE + "    key: {file: key}\n"
        good = conf.write({"secrets/key": "old"}, acme=with_key, bolt=with_key).load()
        found = conf.write({"secrets/key": "new"}, acme=BROKEN).load(good)
        assert list(found.secrets.values()) == ["new"]
        assert found.sources["acme"] is good.sources["acme"]

    def test_a_conf_kept_although_the_folder_is_broken(self, conf):
        """The same Conf, with the folder's problems."""
        problem = Problem("gateway.yaml", 1, 1, "", "x")
        good = conf.load()
        kept = with_problems(good, (problem,))
        assert (kept.problems, kept.sources) == ((problem,), good.sources)


SAMPLE = '{"type": "return", "source": "%s", "lead": {"id": "1"}}'
SAME: dict[str, Callable[[Folder], object]] = {
    "nothing": lambda folder: None,
    "another source": lambda folder: folder.write(bolt=SOURCE),
    "what belongs to the process": lambda folder: folder.write(
        {"gateway.yaml": GATEWAY + "shutdown: 5s\nhosts: [a]\n# c\n"}
    ),
    "another source's sample event": lambda folder: folder.write({"events/b.json": SAMPLE % "bolt"}),
    "a secret that it does not have": lambda folder: folder.write({"secrets/other": "x"}),
}
REBUILT: dict[str, Callable[[Folder], object]] = {
    "the file": lambda folder: folder.write(acme=SOURCE + "# a comment\n    key: {file: key}\n"),
    "a table": lambda folder: folder.write({"tables/x.yaml": "a: c\n"}),
    "a WSDL": lambda folder: folder.write({"wsdl/x.wsdl": "<x/>"}),
    "the retry defaults": lambda folder: folder.write({"gateway.yaml": GATEWAY + "retry: {attempts: 2}\n"}),
    "what may be dialled": lambda folder: folder.write(
        {"gateway.yaml": GATEWAY + "network: {allow: [10.0.0.0/8]}\n"}
    ),
    "its own sample event": lambda folder: folder.write({"events/a.json": SAMPLE % "acme"}),
    "its secret": lambda folder: folder.write({"secrets/key": "new"}),
}


class TestUnchanged:
    """What did not change is the same object, prepared as it was."""

    @pytest.fixture
    def before(self, conf: Folder) -> Conf:
        return conf.write(
            {"tables/x.yaml": "a: b\n", "secrets/key": "old"}, acme=SOURCE + "    key: {file: key}\n"
        ).load()

    @pytest.mark.parametrize("change", SAME.values(), ids=SAME.keys())
    def test_the_same_object(self, conf, before, change):
        """Whatever else changes."""
        change(conf)
        assert conf.load(before).sources["acme"] is before.sources["acme"]

    @pytest.mark.parametrize("change", REBUILT.values(), ids=REBUILT.keys())
    def test_built_anew(self, conf, before, change):
        """Where the file or anything that it depends on changed."""
        change(conf)
        assert conf.load(before).sources["acme"] is not before.sources["acme"]

    def test_a_secret_that_went_missing(self, conf, before):
        """Is a fault of the source, which keeps its version."""
        conf.remove("secrets/key")
        found = conf.load(before)
        assert found.sources["acme"] is before.sources["acme"]
        assert "cannot be read: No such file" in str(found.problems[0])

    def test_warnings_stay(self, conf):
        """An unchanged source is warned of again, though it is not built again."""
        before = conf.write(acme=SOURCE + "  response: {outcome_search_term: ok}\n").load()
        assert len(before.problems) == 1
        assert conf.load(before).problems == before.problems


class TestFiles:
    """What belongs to a conf folder."""

    def test_what_is_read(self, conf):
        """gateway.yaml, sources, tables, WSDL files and sample events; what editors leave about is nobody's conf."""
        mine = ("tables/t.yaml", "wsdl/a.wsdl", "wsdl/types/b.xsd", "events/e.json", "events/f.ndjson")
        not_mine = (
            "README",
            "secrets/s",
            ".acme.yaml.swp",
            "#acme.yaml#",
            "acme.yaml~",
            "acme.bak",
            "deep/x.yaml",
        )
        conf.write(dict.fromkeys(mine, "x"))
        conf.write({name if "/" in name else f"sources/{name}": "x" for name in not_mine})
        assert list(conf.read().content) == sorted(["gateway.yaml", "sources/acme.yaml", *mine])

    def test_a_folder_that_is_not_there(self, tmp_path):
        """Is an error, and no empty conf."""
        with pytest.raises(FileNotFoundError):
            Files.read(tmp_path / "nowhere")

    def test_a_file_that_cannot_be_read(self, conf):
        """A source keeps its version, as with any other fault; anything else is told, too."""
        good = conf.write(bolt=SOURCE).load()
        for name in ("sources/bolt.yaml", "events/e.json"):
            path = conf.path / name
            path.parent.mkdir(exist_ok=True)
            path.unlink(missing_ok=True)
            path.symlink_to("nowhere")
        (conf.path / "sources/circle.yaml").symlink_to("circle.yaml")
        found = conf.load(good)
        assert found.sources["bolt"] is good.sources["bolt"]
        assert [str(problem) for problem in found.problems] == [
            "events/e.json: the file cannot be read: No such file or directory (mend that, or remove it)",
            "sources/bolt.yaml: the file cannot be read: No such file or directory (mend that, or remove it)",
            "sources/circle.yaml: the file cannot be read: Too many levels of symbolic links (mend that, or remove it)",
        ]
        (conf.path / "gateway.yaml").unlink()
        (conf.path / "gateway.yaml").symlink_to("nowhere")
        assert conf.problems(good)[1].startswith("gateway.yaml: the file cannot be read")

    def test_sample_events_are_no_part_of_the_conf(self, conf):
        """They do not change its hash."""
        before = conf.read().digest
        assert conf.write({"events/e.json": SAMPLE % "acme"}).read().digest == before
        assert conf.write({"tables/t.yaml": ""}).read().digest != before

    def test_a_source_renamed_to_yml_keeps_its_version(self, conf):
        """With the fault told: the file was not meant to vanish."""
        good = conf.load()
        (conf.path / "sources" / "acme.yaml").rename(conf.path / "sources" / "acme.yml")
        found = conf.load(good)
        assert found.sources["acme"] is good.sources["acme"]
        assert (
            str(found.problems[0])
            == "sources/acme.yml: only files named .yaml are read here (rename it to acme.yaml)"
        )

    def test_a_yml_beside_its_yaml_changes_nothing_but_is_told(self, conf):
        """The file that is read goes live."""
        good = conf.load()
        found = conf.write({"sources/acme.yml": "x"}, acme=SOURCE.replace("lead_id", "id")).load(good)
        assert mapped(route(found)) == {"id": "77"}
        assert [problem.file for problem in found.problems] == ["sources/acme.yml"]
        assert dict(found.broken) == {}

    def test_a_look_sees_every_change(self, conf):
        """A rewrite with the same length, a new file, a removed one, and those of another folder."""
        other = conf.path / "secrets"
        for change in (
            lambda: conf.write(acme=SOURCE.replace("Acme", "Emca")),
            lambda: conf.write(bolt=""),
            lambda: conf.remove("sources/bolt.yaml"),
            lambda: conf.write({"secrets/key": "x"}),
            lambda: conf.write({"secrets/key": "y"}),
        ):
            before = look(conf.path, other)
            assert look(conf.path, other) == before
            time.sleep(0.02)  # longer than the grain of the file system's clock
            change()
            assert look(conf.path, other) != before

    def test_where_the_store_is(self):
        """Relative to the conf folder."""
        assert data_folder(Path("/etc/gateway/conf"), GatewaySettings()) == Path("/etc/gateway/data")
        assert data_folder(Path("/etc/gateway/conf"), GatewaySettings(data="/var/lib/x")) == Path(
            "/var/lib/x"
        )


class TestRemote:
    """What needs the network is never a conf problem: the endpoint is held."""

    def test_a_wsdl_that_was_never_fetched(self, conf):
        """The endpoint is held, and check is content."""
        found = conf.write(acme=SOAP).load()
        assert found.problems == ()
        assert route(found).held == "https://soap.acme.example/feedback?wsdl has not been fetched yet"

    def test_a_copy_is_enough(self, conf, tmp_path):
        """With a copy from an earlier time the endpoint is ready at once."""
        Documents({}, tmp_path / "data" / "documents").keep({"https://soap.acme.example/feedback?wsdl": WSDL})
        found = route(conf.write(acme=SOAP).load())
        assert (found.held, found.endpoint.prepared is not None) == (None, True)

    @pytest.mark.parametrize(
        ("copy", "source", "reason"),
        [
            (
                b"<html/>",
                SOAP,
                "url: https://soap.acme.example/feedback?wsdl is not a WSDL: its root element is html",
            ),
            (
                WSDL,
                SOAP.replace("SubmitReturn", "SubmitRetrun"),
                "operation: the WSDL has no operation 'SubmitRetrun'",
            ),
            (
                WSDL,
                SOAP.replace("LeadId", "LeedId"),
                "mapping.LeedId: the operation has no argument 'LeedId'",
            ),
        ],
    )
    def test_a_copy_that_does_not_fit_is_no_fault(self, conf, tmp_path, copy, source, reason):
        """It may be old: held with the same sentence, to be fetched anew."""
        Documents({}, tmp_path / "data" / "documents").keep({"https://soap.acme.example/feedback?wsdl": copy})
        found = conf.write(acme=source).load()
        assert found.problems == ()
        assert route(found).held.startswith(reason)


class TestClumsyPlugins:
    """A plugin that fails as it must not is named, with its endpoint's line, and ends no load."""

    @pytest.fixture
    def folder(self, conf: Folder) -> Folder:
        conf.registry = Registry(found=ENTRIES[:1])
        return conf

    @pytest.mark.parametrize(
        ("fails", "sentence"),
        [
            ("prepare", "`prepare` of clumsy failed: ZeroDivisionError('by zero')"),
            ("render", "`render` of clumsy failed on a trial: IndexError('no such thing')"),
        ],
    )
    def test_its_failure_is_a_fault_of_the_endpoint(self, folder, fails, sentence):
        """At `transport:`, which named it."""
        folder.write(
            acme=f"return:\n  transport: clumsy\n  url: https://a.example/\n  fails: {fails}\n  mapping: {{a: b}}\n"
        )
        assert folder.problems() == [f"sources/acme.yaml:2:14: return.transport: {sentence}"]

    def test_its_failure_on_a_sample_event_is_a_warning(self, folder):
        """An event of that shape would fail; others may not."""
        folder.write(
            {"events/one.json": '{"type": "return", "source": "acme", "lead": {"id": "now"}}'},
            acme='return:\n  transport: clumsy\n  url: https://a.example/\n  mapping: {fail: "{{ lead.id }}"}\n',
        )
        assert folder.problems() == [
            "warning: sources/acme.yaml:2:14: return.transport: `render` of clumsy failed on the sample event"
            " events/one.json: IndexError('no such thing')"
        ]

    @pytest.mark.parametrize("fails", ["doubt", "heeds_blanks", "admits"])
    def test_what_fails_where_its_settings_are_looked_through_is_a_warning(self, folder, fails):
        """A property of a criterion's settings that raises stands in nobody's way, nor does one that ends the process."""
        folder.registry = Registry(found=[*ENTRIES, *entry_points(group="feedback_gateway")])
        looked_up = SOURCE.replace("lead.id }}", "lead.id | lookup('t') }}")
        asked = f"{looked_up}  criteria:\n    fussy: {{fails: {fails}}}\n"
        folder.write({"tables/t.yaml": "a: b\n"}, acme=asked, bolt=SOURCE)
        assert folder.problems() == [
            "warning: sources/acme.yaml:8:5: return.criteria: the settings of a plugin cannot be looked through:"
            " SystemExit(3) (a fault in the plugin)"
        ]

    def test_one_that_is_named_in_gateway_yaml(self, folder):
        """Is loaded with it; one that is not there is a fault of gateway.yaml."""
        assert folder.write(
            {"gateway.yaml": "plugins: [clumsy]\n"}, acme="name: a\n"
        ).load().gateway.plugins == ("clumsy",)
        folder.write({"gateway.yaml": "plugins: [clumsy, clumsier]\n"})
        assert folder.problems() == [
            "gateway.yaml:1:19: plugins.1: there is no plugin 'clumsier' (did you mean 'clumsy'?)"
        ]

    def test_what_it_waits_for_holds_the_endpoint(self, folder):
        """Held is no failure."""
        found = folder.write(
            acme="return:\n  transport: clumsy\n  url: https://a.example/\n  fails: held\n"
        ).load()
        assert route(found).held == "the moon is not up yet"
        assert found.problems == ()
