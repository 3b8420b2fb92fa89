"""A source that answers at once, as cheaply as a Python process can: it must not be what is measured.

Run as `python -m bench.sink PORT`. The answer follows from the path, which begins with a transport's name; below
`/hang` there is none, and `/count` tells how many requests were taken before.
"""

import asyncio
import sys


def _answer(kind: str, body: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


_JSON = _answer("application/json", '{"status":"ok","id":77}')
_ANSWERS = {
    b"x": _answer("application/xml", "<answer><status>ok</status><id>77</id></answer>"),
    b"q": _answer("text/plain", "OK 77"),
    b"s": _answer(
        "text/xml",
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><SubmitReturnResponse'
        ' xmlns="urn:acme"><Status>ok</Status></SubmitReturnResponse></e:Body></e:Envelope>',
    ),
}


class Sink(asyncio.Protocol):
    """Reads requests with a Content-Length, or without a body, and answers each with 200. taken: how many, by all."""

    taken = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.pending = b""

    def data_received(self, data: bytes) -> None:
        self.pending += data
        while (end := self.pending.find(b"\r\n\r\n")) >= 0:
            head = self.pending[:end].lower()
            start = head.find(b"content-length:")
            length = int(head[start + 15 :].split(b"\r\n", 1)[0]) if start >= 0 else 0
            if len(self.pending) < end + 4 + length:
                return
            self.pending = self.pending[end + 4 + length :]
            path = head.find(b" /") + 2
            kind = head[path : path + 1]
            if kind == b"h":
                continue
            if kind == b"c":
                self.transport.write(_answer("text/plain", str(Sink.taken)))  # type: ignore[attr-defined]
                continue
            Sink.taken += 1
            self.transport.write(_ANSWERS.get(kind, _JSON))  # type: ignore[attr-defined]


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
