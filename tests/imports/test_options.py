"""The words of a curl command as the request that it makes."""

import re
from shlex import split

import pytest

from gateway.imports.options import Command, request

X = "https://x.example/"
FORM = "a=1&b=2"
CASES = {
    f"curl {X}": Command("GET", X),
    "curl x.example/a": Command("GET", "http://x.example/a"),
    f"curl.exe --url {X}#part": Command("GET", X),
    f"curl {X} -d a=1 --data b=2": Command("POST", X, body=FORM),
    f"curl -XPUT {X} -da=1": Command("PUT", X, body="a=1"),
    f"curl -sSLX post {X}": Command(
        "POST",
        X,
        follow_redirects=True,
        notes=("options that mean nothing here are left out: --silent, --show-error",),
    ),
    f"curl -G {X}?z=0 -d a=1 -d b=2": Command("GET", f"{X}?z=0&{FORM}"),
    f"curl {X} --url-query 'a=b c'": Command("GET", f"{X}?a=b+c"),
    f"curl {X} --data-urlencode 'a=b c&d' --data-urlencode =é": Command("POST", X, body="a=b+c%26d&%C3%A9"),
    f"curl {X} --data-raw @a": Command("POST", X, body="@a"),
    f"curl {X} -H 'A: b' -H 'C:' -H 'D;'": Command("GET", X, (("A", "b"),)),
    f"curl {X} -A me -e https://r -b c=d": Command(
        "GET", X, (("User-Agent", "me"), ("Referer", "https://r"), ("Cookie", "c=d"))
    ),
    f"curl {X} --json '{{}}'": Command("POST", X, (("Content-Type", "application/json"),), "{}"),
    f"curl {X} -u joe:pw": Command("GET", X, (("Authorization", "Basic am9lOnB3"),)),
    "curl https://joe:p%40@x.example/": Command("GET", X, (("Authorization", "Basic am9lOnBA"),)),
    f"curl {X} --oauth2-bearer t": Command("GET", X, (("Authorization", "Bearer t"),)),
    f"curl -I {X} -m 5": Command("HEAD", X, timeout="5"),
    f"curl {X} -k --cert a -x p:1": Command(
        "GET",
        X,
        tls={"cert": "a", "insecure": ""},
        notes=("options that mean nothing here are left out: --proxy",),
    ),
}


@pytest.mark.parametrize(("command", "expected"), CASES.items(), ids=CASES.keys())
def test_request(command, expected):
    """Each option does to the request what curl's manual says."""
    assert request(split(command)) == expected


FILE = "(paste what stands in there in its place)"
REFUSED = {
    "": "this is no curl command (paste one that begins with curl)",
    "wget https://x": "this is no curl command (paste one that begins with curl)",
    "curl": "the command has no address (one request has one; quotes keep words together)",
    "curl a b": "the command has 2 addresses: a, b (one request has one; quotes keep words together)",
    "curl a -H": "the option -H has no value (paste the whole command)",
    "curl a --dta b": "curl's option --dta is not known here (did you mean 'data'?)",
    "curl a -9": "curl's option -9 is not known here (remove it)",
    "curl 'https://{{host}}/a'": "the address https://{{host}}/a has no host that is known (write it out)",
    "curl http://[::1": "the address http://[::1 cannot be read (write such as https://HOST/PATH)",
    "curl a -d @file": f"the data are in a file, @file {FILE}",
    "curl a --data-urlencode n@file": f"the data are in a file, n@file {FILE}",
    "curl a -H @file": "the headers are in a file, @file (write them: -H 'Name: value')",
    "curl a -b jar": "the cookies are in a file, jar (write them: -b 'name=value')",
    "curl a -F b=c": (
        "the command has the option --form: it sends a multipart form, and no transport sends those "
        "(ask the source for JSON, XML or a plain form)"
    ),
    "curl a --digest": (
        "the command has the option --digest: no transport authenticates by Digest (ask the source for a key, or basic)"
    ),
}


@pytest.mark.parametrize(("command", "sentence"), REFUSED.items(), ids=REFUSED.keys())
def test_what_is_refused(command, sentence):
    """What cannot become an endpoint says why, and what would be right."""
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        request(split(command))
