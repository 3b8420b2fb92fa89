"""Posts events with a fixed number in flight: each post is answered when its event was delivered.

Run as `python -m bench.load PORT COUNT IN-FLIGHT SOURCE`; prints seconds and how many were answered as they should.
"""

import asyncio
import json
import sys
import time

EVENT = {
    "type": "return",
    "reason": "Wrong number",
    "timestamp": "2026-11-23T09:15:00Z",
    "flow": {"id": "auto-insurance", "name": "Auto insurance"},
    "lead": {
        "id": "5bb3890e9000974b35a55133", "email": "joe@example.com", "phone_1": "5125551212", "state": "TX",
        "first_name": "Joe", "last_name": "Smith", "city": "Austin", "postal_code": "78701",
    },
    "recipient": {"id": "crm", "name": "Our CRM"},
    "submission": {"timestamp": "2026-11-20T14:02:11Z", "ip": "203.0.113.9"},
    "price": 12.75,
    "value": {"amount": 1500, "currency": "USD"},
}  # fmt: skip


class Poster(asyncio.Protocol):
    """One kept connection that posts, waits for the answer, and posts again until there is nothing left."""

    def __init__(self, request: bytes, work: "Work") -> None:
        self.request = request
        self.work = work
        self.pending = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.post()

    def post(self) -> None:
        if self.work.take():
            self.transport.write(self.request)  # type: ignore[attr-defined]
        else:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        self.pending += data
        if not is_whole(self.pending):
            return
        self.work.answered(self.pending)
        self.pending = b""
        self.post()


class Work:
    """What is left to post, and what came back."""

    def __init__(self, count: int) -> None:
        self.left = self.open = count
        self.good = 0
        self.done = asyncio.Event()

    def take(self) -> bool:
        self.left -= 1
        return self.left >= 0

    def answered(self, answer: bytes) -> None:
        self.good += answer.startswith(b"HTTP/1.1 200") and (b'"delivered"' in answer or b'"ok"' in answer)
        self.open -= 1
        if self.open == 0:
            self.done.set()


def is_whole(answer: bytes) -> bool:
    """Whether all of an answer has arrived."""
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    head = answer[:end].lower()
    length = int(head[head.find(b"content-length:") + 15 :].split(b"\r\n", 1)[0])
    return len(answer) >= end + 4 + length


def request_of(source: str, host: str, port: int, prefer: str = "") -> bytes:
    """A post of one event. prefer: a line of its head."""
    body = json.dumps({"source": source, **EVENT}).encode()
    head = (
        f"POST /events HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
        f"{prefer}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def post(host: str, port: int, count: int, in_flight: int, source: str) -> tuple[float, int]:
    """Post so many events of a source. Returns seconds, and how many were delivered."""
    request = request_of(source, host, port, "Prefer: wait=30\r\n")
    work, loop = Work(count), asyncio.get_running_loop()
    began = time.perf_counter()
    for _ in range(in_flight):
        await loop.create_connection(lambda: Poster(request, work), host, port)
    await asyncio.wait_for(work.done.wait(), 120)
    return time.perf_counter() - began, work.good


if __name__ == "__main__":
    port, count, in_flight = map(int, sys.argv[1:4])
    print(*asyncio.run(post("127.0.0.1", port, count, in_flight, sys.argv[4])))
