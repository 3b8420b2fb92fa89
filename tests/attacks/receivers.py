"""Sources that read requests with the standard library alone, in a process of their own: none of our code, none of our parsers.

Run as `python -m tests.attacks.receivers JOURNAL`: it says its port, and writes a line of JSON for every request.
"""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, TextIO
from urllib.parse import parse_qsl, unquote
from xml.parsers import expat

ENVELOPE = b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><ok xmlns="urn:strings"/></s:Body></s:Envelope>'


def pairs_of(text: str) -> list[list[str]]:
    """A form or a query string, as CGI programs read it."""
    return [list(pair) for pair in parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), errors="strict")]  # fmt: skip


def elements_of(document: bytes | str) -> list[list[str]]:
    """What expat tells of a document: every attribute, and every text of an element without children, by local name."""
    found: list[list[str]] = []
    stack: list[tuple[str, list[str]]] = []
    leaf = [False]

    def start(tag: str, attributes: dict[str, str]) -> None:
        stack.append((tag.rpartition(" ")[2], []))
        leaf[0] = True
        found.extend([f"@{name.rpartition(' ')[2]}", text] for name, text in attributes.items())

    def end(_: str) -> None:
        name, texts = stack.pop()
        if leaf[0]:
            found.append([name, "".join(texts)])
        leaf[0] = False

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = lambda text: stack[-1][1].append(text)
    parser.Parse(document, True)
    return found


class Receiver(BaseHTTPRequestHandler):
    """Takes a request apart by the first word of its path."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    journal: ClassVar[TextIO]
    turn: ClassVar[threading.Lock] = threading.Lock()

    def do_GET(self) -> None:
        """Answer a query."""
        self._take(b"")

    def do_POST(self) -> None:
        """Answer a post."""
        self._take(self.rfile.read(int(self.headers["Content-Length"])))

    def _take(self, body: bytes) -> None:
        place, _, query = self.path.partition("?")
        kind = place.split("/")[1]
        try:
            line = {"kind": kind, "key": self.headers["Idempotency-Key"], "read": self._read(kind, place, query, body)}  # fmt: skip
        except (ValueError, expat.ExpatError, KeyError) as error:
            line = {"kind": kind, "key": self.headers["Idempotency-Key"], "fault": repr(error)}
        with self.turn:
            self.journal.write(json.dumps(line) + "\n")
            self.journal.flush()
        answer = ENVELOPE if kind in ("soap", "action") else b"OK"
        type_ = b"text/xml" if kind in ("soap", "action") else b"text/plain"
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (type_, len(answer), answer))  # fmt: skip

    def _read(self, kind: str, place: str, query: str, body: bytes) -> Any:
        match kind:
            case "query":
                return pairs_of(query)
            case "formpost":
                return pairs_of(body.decode())
            case "json":
                return json.loads(body)
            case "xml" | "soap":
                return elements_of(body)
            case "json_in_form":
                return [[name, json.loads(text) if text[:1] in "{[" and name != "plain" else text] for name, text in pairs_of(body.decode())]  # fmt: skip
            case "xml_in_form":
                return [[name, elements_of(text) if name == "document" else text] for name, text in pairs_of(body.decode())]  # fmt: skip
            case "header":
                return self.headers.get_all("X-Text")
            case "action":
                return self.headers.get_all("SOAPAction")
            case "path":
                return [unquote(part, errors="strict") for part in place.split("/")], pairs_of(query)
        raise KeyError(kind)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main(journal: Path) -> None:
    """Serve until killed."""
    Receiver.journal = journal.open("w")
    with _Server(("127.0.0.1", 0), Receiver) as server:
        print(server.server_port, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
