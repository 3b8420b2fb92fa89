"""A request as a shell command."""

import shlex
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.cli.curl import curl
from gateway.model import Request

JSON = (("Content-Type", "application/json"),)


def test_text_is_an_argument():
    """A UTF-8 body stands in the line, quoted for the shell."""
    line = curl(Request("POST", "https://example.com/a?b=c&d", JSON, b"it's"))
    assert line == (
        "curl --request POST 'https://example.com/a?b=c&d' --header 'Content-Type: application/json'"
        " --data-binary 'it'\"'\"'s'"
    )


@pytest.mark.parametrize("body", [b"\xff\xfe", b"@/etc/passwd", b"a\x1b[2Jb", b"nul\x00"])
def test_other_bodies_come_through_a_pipe(body):
    """What no argument can hold, or what curl would take for a file's name, is piped in as base64."""
    line = curl(Request("POST", "https://example.com", JSON, body))
    pipe, _, rest = line.partition(" | curl ")
    assert rest.endswith("--data-binary @-")
    assert subprocess.run(["sh", "-c", pipe], capture_output=True, check=True).stdout == body


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200))
def test_every_body_arrives(body):
    """A shell hands curl exactly the body, whatever it is."""
    line = curl(Request("POST", "https://example.com", JSON, body))
    if " | curl " in line:
        pipe = line.partition(" | curl ")[0]
        assert subprocess.run(["sh", "-c", pipe], capture_output=True, check=True).stdout == body
    else:
        assert shlex.split(line)[-1].encode() == body


def test_no_header_is_made_up():
    """Without a Content-Type curl is told to send none; an empty header stays one; GET has no body."""
    assert "--header Content-Type:" in curl(Request("POST", "https://e.com", (), b"x"))
    assert "--header 'X-Empty;'" in curl(Request("GET", "https://e.com", (("X-Empty", ""),)))
    assert "--data" not in curl(Request("GET", "https://e.com"))


def test_the_address_goes_out_as_written():
    """Brackets and dots in the address mean nothing to curl."""
    line = curl(Request("GET", "https://e.com/a/./b?x[0]=1"))
    assert "--globoff" in line
    assert "--path-as-is" in line
