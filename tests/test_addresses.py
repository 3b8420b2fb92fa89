"""Facts about which addresses may be dialled."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.addresses import METADATA, Allow, literal, refusal

EVERYTHING = [Allow.parse("0.0.0.0/0"), Allow.parse("::/0")]

PUBLIC = [
    "8.8.8.8",
    "93.184.216.34",
    "172.15.255.255",
    "172.32.0.0",
    "100.128.0.1",
    "2606:4700::1111",
    "2a00:1450::1",
]
SPECIAL = [
    "0.0.0.0", "0.1.2.3", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",  # this network, private
    "127.0.0.1", "127.255.255.254", "::1", "::",  # loopback, unspecified
    "169.254.1.1", "fe80::1", "100.64.0.1", "100.127.255.255",  # link-local, shared (CGNAT)
    "224.0.0.1", "239.255.255.250", "ff02::1",  # multicast
    "192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1",  # documentation
    "198.18.0.1", "240.0.0.1", "255.255.255.255", "192.0.0.9", "192.88.99.1",  # benchmarking, reserved, protocols
    "fc00::1", "fd12::1", "fec0::1", "100::1", "5f00::1", "4000::1", "1::1",  # local, discard, outside 2000::/3
    "168.63.129.16",  # Azure's host
    "64:ff9b::8.8.8.8", "64:ff9b:1::8.8.8.8",  # NAT64, whatever it carries
    "2002:808:808::1", "2001:0:808:808::1",  # 6to4, Teredo
    "::ffff:8.8.8.8", "::ffff:0:8.8.8.8", "::8.8.8.8",  # mapped, translated, compatible
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_dialled(address: str) -> None:
    """Without any entry, what is public and nothing else may be dialled."""
    assert refusal(address, 443, []) is None


@pytest.mark.parametrize("address", SPECIAL)
def test_a_special_address_needs_an_entry(address: str) -> None:
    """Each special-purpose block is refused, until an entry names the address and, if need be, what it carries."""
    assert refusal(address, 443, []) is not None
    assert refusal(address, 443, EVERYTHING) is None


@given(st.ip_addresses())
def test_what_python_calls_local_is_refused(address: IPv4Address | IPv6Address) -> None:
    """The guard is never more lenient than the standard library's own idea of private or multicast."""
    if address.is_private or address.is_multicast or address.is_reserved or address.is_link_local:
        assert refusal(address, 443, []) is not None


@given(
    st.ip_addresses(v=4, network="0.0.0.0/0"),
    st.sampled_from(["::ffff:{}", "64:ff9b::{}", "::{}", "::ffff:0:{}"]),
)
def test_what_is_carried_is_judged_as_well(inner: IPv4Address, form: str) -> None:
    """Allowing a prefix that carries IPv4 addresses does not allow the private ones inside it."""
    wrapped = ip_address(form.format(inner))
    if wrapped in (ip_address("::"), ip_address("::1")):
        return
    only_wrappers = [Allow.parse("::/0")]
    assert (refusal(wrapped, 80, only_wrappers) is None) == (refusal(inner, 80, []) is None)


@pytest.mark.parametrize("address", sorted(map(str, METADATA)))
@pytest.mark.parametrize("form", ["{}", "::ffff:{}", "64:ff9b::{}", "::{}"])
def test_metadata_is_never_dialled(address: str, form: str) -> None:
    """No entry can name a cloud's metadata address, plain or carried inside an IPv6 one."""
    if form != "{}" and ":" in address:
        return
    sentence = refusal(form.format(address), 80, EVERYTHING)
    assert sentence is not None
    assert sentence.endswith("is a cloud's metadata address and never dialled (no network.allow can name it)")


@pytest.mark.parametrize(
    ("address", "allow"),
    [
        ("2002:a9fe:a9fe::1", "::/0"),
        ("2001:0:a9fe:a9fe::1", "::/0"),
        ("fe80::5efe:a9fe:a9fe", "::/0"),
        ("fe80::a9fe:a9fe%eth0", "::/0"),
    ],
)
def test_metadata_in_disguise(address: str, allow: str) -> None:
    """6to4, Teredo, ISATAP and zones hide nothing."""
    assert "metadata" in (refusal(address, 80, [Allow.parse(allow), Allow.parse("0.0.0.0/0")]) or "")


@pytest.mark.parametrize(
    ("listener", "dialled"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "0.0.0.0"),
        ("127.0.0.1", "::ffff:127.0.0.1"),
        ("::1", "::1"),
        ("::1", "::"),
        ("0.0.0.0", "127.0.0.1"),
        ("0.0.0.0", "127.9.9.9"),
        ("::", "127.0.0.1"),
        ("::", "::1"),
        ("10.1.2.3", "10.1.2.3"),
    ],
)
def test_own_listeners_are_never_dialled(listener: str, dialled: str) -> None:
    """No entry can name a listener of the gateway; another port on the same address is no listener."""
    assert refusal(dialled, 8620, EVERYTHING, [(listener, 8620)]) == (
        f"{ip_address(dialled)} port 8620 is the gateway's own listener and never dialled (name the source's)"
    )
    assert refusal(dialled, 8621, EVERYTHING, [(listener, 8620)]) is None


def test_a_listener_on_every_address_covers_this_machines_own() -> None:
    """With a listener on 0.0.0.0, the addresses of the machine's interfaces are own ones, those of others are not."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing: it only picks the interface
        mine = probe.getsockname()[0]
    assert "own listener" in (refusal(mine, 8620, EVERYTHING, [("0.0.0.0", 8620)]) or "")
    assert refusal("8.8.8.8", 8620, [], [("0.0.0.0", 8620)]) is None


@pytest.mark.parametrize(
    ("text", "network", "port", "written"),
    [
        ("10.0.0.0/8", "10.0.0.0/8", None, "10.0.0.0/8"),
        ("10.0.0.5", "10.0.0.5/32", None, "10.0.0.5/32"),
        ("10.0.0.5:8080", "10.0.0.5/32", 8080, "10.0.0.5/32:8080"),
        ("10.0.0.0/8:8080", "10.0.0.0/8", 8080, "10.0.0.0/8:8080"),
        ("fd00::/8", "fd00::/8", None, "fd00::/8"),
        ("::1", "::1/128", None, "::1/128"),
        ("[::1/128]:8630", "::1/128", 8630, "[::1/128]:8630"),
        ("[::1]:8630", "::1/128", 8630, "[::1/128]:8630"),
        ("[fd00::/8]", "fd00::/8", None, "fd00::/8"),
    ],
)
def test_how_an_entry_is_written(text: str, network: str, port: int | None, written: str) -> None:
    """An entry is a block with or without a port; a port after an IPv6 block needs brackets round the block."""
    entry = Allow.parse(text)
    assert (str(entry.network), entry.port, str(entry)) == (network, port, written)
    assert Allow.parse(str(entry)) == entry


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("localhost", "'localhost' is not a block of addresses (write 10.0.0.0/8, 10.0.0.5/32:8080, fd00::/8 or [::1/128]:8630)"),
        ("", "'' is not a block of addresses (write 10.0.0.0/8, 10.0.0.5/32:8080, fd00::/8 or [::1/128]:8630)"),
        ("::1/128:8630", "'::1/128:8630' is not a block of addresses (write 10.0.0.0/8, 10.0.0.5/32:8080, fd00::/8 or [::1/128]:8630)"),
        ("10.0.0.0/33", "'10.0.0.0/33' is not a block of addresses ('10.0.0.0/33' does not appear to be an IPv4 or IPv6 network)"),
        ("10.0.0.1/8", "'10.0.0.1/8' has bits past its prefix length (write 10.0.0.0/8 or 10.0.0.1)"),
        ("10.0.0.0/8:0", "'10.0.0.0/8:0' names port 0 (a port is 1 to 65535)"),
        ("10.0.0.0/8:70000", "'10.0.0.0/8:70000' names port 70000 (a port is 1 to 65535)"),
    ],
)  # fmt: skip
def test_faulty_entries(text: str, sentence: str) -> None:
    """A faulty entry is refused in a sentence that shows how it is written."""
    with pytest.raises(ValueError, match=r"\(") as caught:
        Allow.parse(text)
    assert str(caught.value) == sentence


def test_an_entry_with_a_port_allows_that_port_only() -> None:
    """`127.0.0.1/32:8630` opens one port of one address; the refusal proposes exactly such an entry."""
    entry = Allow.parse("127.0.0.1/32:8630")
    assert refusal("127.0.0.1", 8630, [entry]) is None
    assert refusal("127.0.0.1", 8631, [entry]) == (
        "127.0.0.1 is not public but Loopback, RFC1122 (if it is meant, add 127.0.0.1/32:8631 to network.allow)"
    )
    assert refusal("127.0.0.2", 8630, [entry]) is not None


def test_the_proposed_entry_is_an_entry() -> None:
    """What the sentence proposes for an IPv6 address can be written into the conf as it stands."""
    assert refusal("::1", 80, []) == (
        "::1 is not public but Loopback Address, RFC4291 (if it is meant, add [::1/128]:80 to network.allow)"
    )
    assert refusal("::1", 80, [Allow.parse("[::1/128]:80")]) is None


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("[::1]", "::1"),
        ("::1", "::1"),
    ],
)
def test_every_notation_of_an_address(host: str, address: str) -> None:
    """A host that the system would dial as an address is recognised as that address."""
    assert str(literal(host)) == address


@pytest.mark.parametrize(
    "host",
    ["example.com", "1.2.3.4.example.com", "localhost", "dead.beef", "300.1.1.1", "", "5\0", "3\udcf6"],
)
def test_names_are_no_addresses(host: str) -> None:
    """A name is a name, also where it begins like an address."""
    assert literal(host) is None
