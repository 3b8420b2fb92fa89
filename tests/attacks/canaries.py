"""Secrets that sing: each holds a word that stands nowhere else, in whatever way the rest of it is written."""

import base64
import html
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, unquote, unquote_plus
from xml.sax.saxutils import escape

KEY = base64.b64encode(b"Zq7 wh0le key 4 canary-signing!!").decode()
INTAKE_KEY = base64.b64encode(b"Zq7 wh0le key 4 canary-intake !!").decode()

# Name of the secret file to what stands in it. Where the place allows it, with characters that every format escapes.
SECRETS = {
    "basic_user": "Zq7basicuser",
    "basic_password": "Zq7basicpass/\"<&é '+%",
    "bearer": "Zq7bearer/+=~",
    "header_key": "Zq7headerkey!#$%&",
    "query_key": "Zq7querykey/&= +%x",
    "signing_key": f"whsec_{KEY}",
    "oauth_id": "Zq7oauthid",
    "oauth_secret": "Zq7oauthsecret/&=+%",
    "wss_user": "Zq7wssuser<&",
    "wss_password": "Zq7wsspass<&\">'é",
    "digest_password": "Zq7digestpass<&",
    "json_value": 'Zq7jsonvalue"\\/é\t',
    "header_value": 'Zq7headervalue"\\;,',
    "query_value": "Zq7queryvalue/?#é&",
    "form_value": "Zq7formvalue+ =&é",
    "xml_value": "Zq7xmlvalue<&>]]>é",
    "xml_attribute": "Zq7xmlattribute\"'<&",
    "soap_header": "Zq7soapheader<&>",
    "soap_value": "Zq7soapvalue<&>é",
    "extra": "Zq7extra&=é ",
    "nested": 'Zq7nested"&=é ',
    "hmac_key": "Zq7hmackey-é",
    "alerts_token": "Zq7alertstoken",
    "intake_token": "Zq7intaketoken0123456789abcdef",
    "signed_token": "Zq7signedtoken0123456789abcdef",
    "intake_key": f"whsec_{INTAKE_KEY}",
}
ENVIRONMENT = {"CANARY_BEARER": "Zq7envbearer", "CANARY_KEY": "Zq7envkey-é"}
HANDED_OUT = "Zq7accesstoken"  # by the token server
PERSON = {  # of a lead: it belongs into the event's own story, and into nothing else
    "lead_note": "Zq7leadnote",
    "lead_email": "Zq7leademail",
    "reason": "Zq7reason",
}


def word(text: str) -> str:
    """What every way of writing leaves as it is: the letters that a secret begins with; of a signing key, the key."""
    if text.startswith("whsec_"):
        return text.removeprefix("whsec_").rstrip("=")
    found = re.match("[A-Za-z0-9]+", text)
    if found is None:
        raise ValueError(f"{text!r} does not begin with a word")
    return found[0]


def forms(text: str) -> Iterator[bytes]:
    """A word as it is, in hex, and in base64 behind any number of bytes."""
    raw = word(text).encode()
    yield from (raw, raw.hex().encode())
    for before in range(3):
        coded = base64.b64encode(bytes(before) + raw)
        yield coded[(8 * before + 5) // 6 : (8 * (before + len(raw))) // 6]


def singing(said: bytes, secrets: Mapping[str, str]) -> list[str]:
    """The names of those that can be heard."""
    return sorted(name for name, text in secrets.items() if any(form in said for form in forms(text)))


class Parrot(BaseHTTPRequestHandler):
    """Repeats all that it was sent, decoded and not, wherever an answer can hold text. `/STATUS/anything`."""

    server: "Birds"
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer a query."""
        self._repeat(b"")

    def do_POST(self) -> None:
        """Answer a post, or hand out a token."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append(body)
        if self.path == "/token":
            self._answer(
                200, "application/json", json.dumps({"access_token": HANDED_OUT, "expires_in": 3600})
            )
        elif self.path == "/no-token":
            told = {"error": "invalid_client", "error_description": f"unknown: {self.headers} {body!r}"}
            self._answer(401, "application/json", json.dumps(told))
        elif not self.path.startswith("/alerts"):
            self._repeat(body)
        else:
            self.server.alerts.append(body)
            self._answer(200, "text/plain", "OK")

    def _repeat(self, body: bytes) -> None:
        self.server.heard.append(f"{self.requestline}\n{self.headers}".encode())
        sent = f"{self.requestline}\n{self.headers}\n{body.decode()}"
        credentials = self.headers.get("Authorization", "").rpartition(" ")[2]
        try:
            opened = base64.b64decode(credentials + "==").decode(errors="replace")
        except ValueError:
            opened = ""
        ways = [
            sent,
            opened,
            unquote(sent),
            unquote_plus(sent),
            html.unescape(sent),
            json.dumps(sent),
            escape(sent),
        ]
        with suppress(ValueError):
            ways.append(repr(json.loads(body)))
        status, said = int(self.path.split("/")[1]), " | ".join(ways)
        if "xml" in self.headers.get("Content-Type", ""):
            fault = (
                f"<s:Fault><faultcode>s:Client</faultcode><faultstring>{_clean(said)}</faultstring></s:Fault>"
            )
            said = f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{fault}</s:Body></s:Envelope>'
            return self._answer(status, "text/xml; charset=utf-8", said)
        return self._answer(status, "text/plain; charset=utf-8", said)

    def _answer(self, status: int, kind: str, text: str) -> None:
        body = text.encode()
        headers = {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "Set-Cookie": f"seen={quote(self.path)}",
            "X-Echo": quote(f"{self.requestline} {self.headers}", safe=" /:=+"),
        }
        if status == 301:
            headers["Location"] = f"http://127.0.0.1:9/{quote(str(self.headers))}"
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.wfile.write(f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Birds(ThreadingHTTPServer):
    """A parrot that listens. heard: all that it was sent; alerts: those of it that were alerts."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Parrot)
        self.heard: list[bytes] = []
        self.alerts: list[bytes] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


@contextmanager
def parrot() -> Iterator[Birds]:
    """One that listens in this process."""
    with Birds() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def _clean(text: str) -> str:
    return escape(re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd]", "?", text))
