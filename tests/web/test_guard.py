"""Local programs may speak to the daemon; a page that is open in a browser on this machine may not."""

from typing import Any

import pytest

from tests.web.conftest import House, event

PAGE = "a page in a browser may not do this (post from a program, without an Origin header)"
PATHS = [("GET", "/events"), ("POST", "/events"), ("POST", "/replay"), ("POST", "/-/reload"), ("GET", "/metrics"),
         ("GET", "/-/healthy"), ("GET", "/nowhere")]  # fmt: skip


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8620", "LOCALHOST", "127.0.0.1", "127.0.0.1:1", "127.8.9.10", "[::1]", "[::1]:8620",
     "gateway.internal", "gateway.internal:8620", "Gateway.Internal"],
)  # fmt: skip
async def test_right_names(house: House, host: str) -> None:
    """A loopback address, localhost, or a name that the conf lists, with any port."""
    assert (await house.ask("GET", "/-/healthy", headers={"Host": host}))[0] == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8620", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "0.0.0.0",
     "8.8.8.8:80", "[::]", "[fe80::1]", "127.1", "2130706433", "gateway.internal.", "gateway", "[::1", ":8620", ""],
)  # fmt: skip
async def test_a_name_that_was_made_to_lead_here_is_refused(house: House, host: str) -> None:
    """DNS rebinding: the page's own name stands in Host, and nothing is answered to it."""
    for method, path in PATHS:
        status, told = await house.ask(method, path, headers={"Host": host})
        assert status == 421
        words = f"the Host {host!r} is not served here (name it in `hosts` of gateway.yaml)"
        assert told["title"] == words
    assert house.partner.total == 0


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:8620", ""])
async def test_an_origin_is_refused(any_house: House, origin: str) -> None:
    """A browser sends Origin with whatever a page does; programs do not."""
    for method, path in PATHS:
        status, told = await any_house.ask(method, path, headers={"Origin": origin})
        assert (status, told["title"]) == (403, PAGE)
    status, _ = await any_house.post(event(), Origin=origin)
    assert status == 403
    assert (await any_house.ask("GET", "/events"))[1]["events"] == []


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 403), ("same-site", 403), ("none", 200), ("same-origin", 200)]
)
async def test_a_request_that_another_site_makes_is_refused(house: House, site: str, status: int) -> None:
    """Images and frames of a page come without Origin, but say where they come from."""
    assert (await house.ask("GET", "/-/healthy", headers={"Sec-Fetch-Site": site}))[0] == status


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json",
     "application/octet-stream", "application/json-seq", "nonsense"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/events", "/replay", "/events/e-1/replay", "/-/reload"])
async def test_a_body_needs_a_listed_content_type(house: House, kind: str, path: str) -> None:
    """What a form of a page can post without asking first is not taken, wherever it is posted to."""
    status, told = await house.ask("POST", path, data=b"{}", headers={"Content-Type": kind})
    assert status == 415
    assert told["title"].endswith("is not taken (send application/json or application/x-ndjson)")


async def test_a_body_without_a_content_type_is_refused(house: House) -> None:
    """Nothing is guessed."""
    status, told = await house.ask("POST", "/events", data=b"{}", skip_auto_headers=["Content-Type"])
    words = (
        "a body of type application/octet-stream is not taken (send application/json or application/x-ndjson)"
    )
    assert (status, told["title"]) == (415, words)


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=utf-8", "application/json;x=y"]
)
async def test_parameters_and_case_of_the_content_type_do_not_matter(house: House, kind: str) -> None:
    """The type counts (RFC 9110 section 8.3.1)."""
    assert (await house.post(event(), kind))[0] == 202


async def test_a_compressed_body_is_refused(house: House) -> None:
    """What is small on the wire and large in memory is not taken."""
    status, told = await house.ask("POST", "/events", json=event(), compress="gzip")
    words = "a compressed body is not taken (send it as it is, without Content-Encoding)"
    assert (status, told["title"]) == (415, words)


async def test_a_unix_socket_needs_no_name(unix_house: House) -> None:
    """Whoever can open the socket is local: its Host says nothing."""
    for host in ("evil.example", "gateway", ""):
        assert (await unix_house.ask("GET", "/-/healthy", headers={"Host": host}))[0] == 200


async def test_the_names_follow_the_conf(house: House) -> None:
    """A reload changes which names are right."""
    path = house.folder / "gateway.yaml"
    path.write_text(path.read_text().replace("gateway.internal", "other.internal"))
    assert (await house.ask("POST", "/-/reload"))[0] == 200
    assert (await house.ask("GET", "/-/healthy", headers={"Host": "other.internal"}))[0] == 200
    status, told = await house.ask("GET", "/-/healthy", headers={"Host": "gateway.internal"})
    assert (status, told["status"]) == (421, 421)


async def test_names_on_the_socket_are_read_from_the_request(house: House) -> None:
    """Two Host headers, or none at all, get no answer from a handler."""
    for lines in (b"", b"Host: localhost\r\nHost: evil.example\r\n"):
        answer = await _raw(house, b"GET /events HTTP/1.1\r\n" + lines + b"Connection: close\r\n\r\n")
        assert answer.split(b" ", 2)[1] in (b"400", b"421")


async def _raw(house: Any, request: bytes) -> bytes:
    import asyncio

    reader, writer = await asyncio.open_connection("127.0.0.1", house.client.server.port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    await writer.wait_closed()
    return answer
