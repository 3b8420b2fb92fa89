"""Which addresses may be dialled. Pure policy: nothing here opens a connection.

1. A cloud's metadata address and the gateway's own listeners: never, whatever `network.allow` says.
2. An address from a special-purpose block (private, loopback, link-local, shared, multicast, documentation,
   reserved, translation prefixes, ...): only where `network.allow` names it.
3. An IPv6 address that carries an IPv4 address (NAT64, 6to4, Teredo, mapped, compatible, ISATAP): what it
   carries is judged as well, by the same rules.
4. Every other address is public and may be dialled.
"""

import re
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Self, TypeAlias

from ssrfguard import DEFAULT_DENIED

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

# Where clouds keep the credentials of the machine itself.
METADATA: frozenset[Address] = frozenset(
    ip_address(text)
    for text in (
        "169.254.169.254",  # AWS, Google, Azure, Oracle, DigitalOcean, Hetzner, OpenStack, ...
        "169.254.170.2",  # AWS ECS tasks
        "169.254.170.23",  # AWS EKS pods
        "169.254.0.23",  # Tencent
        "169.254.42.42",  # Scaleway
        "100.100.100.200",  # Alibaba
        "192.0.0.192",  # Oracle, classic
        "fd00:ec2::254",  # AWS
        "fd00:ec2::23",  # AWS EKS pods
        "fd20:ce::254",  # Google
        "fd00:c1::a9fe:a9fe",  # Oracle
        "fd00:42::42",  # Scaleway
        "fe80::a9fe:a9fe",  # OpenStack
    )
)
# The registries leave it out: a public number that, inside Azure, is the machine's own host.
_AZURE_HOST = ip_address("168.63.129.16")
# The only block from which IANA has allocated global unicast addresses (the IPv6 address space registry).
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# Their last 32 bits are an IPv4 address: mapped, translated (SIIT), compatible, NAT64 well-known and local.
_EMBEDDING = tuple(
    IPv6Network(text)
    for text in ("::ffff:0:0/96", "::ffff:0:0:0/96", "::/96", "64:ff9b::/96", "64:ff9b:1::/48")
)
_ISATAP = (0x00005EFE, 0x02005EFE)  # the third 32 bits of such an address, RFC 5214 §6.1

_ALLOW = re.compile(
    r"""\[(?P<bracketed>[0-9A-Fa-f:.]+(?:/\d+)?)\](?P<a>:\d+)?   # [::1/128]:8630
      | (?P<four>[0-9.]+(?:/\d+)?)(?P<b>:\d+)?                   # 10.0.0.0/8:8080
      | (?P<six>[0-9A-Fa-f:.]+(?:/\d+)?)                         # fd00::/8; a port needs the brackets
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Allow:
    """One entry of `network.allow`: a block that may be dialled though not public; port None is all ports."""

    network: Network
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """An entry as written: `10.0.0.0/8`, `10.0.0.5/32:8080`, `fd00::/8`, `[::1/128]:8630`.

        An address without a prefix length stands for itself. Raises ValueError with the sentence to show.
        """
        found = _ALLOW.fullmatch(text)
        if not found:
            raise ValueError(
                f"{text!r} is not a block of addresses "
                "(write 10.0.0.0/8, 10.0.0.5/32:8080, fd00::/8 or [::1/128]:8630)"
            )
        port = found["a"] or found["b"]
        if port and not 1 <= int(port[1:]) <= 65535:
            raise ValueError(f"{text!r} names port {port[1:]} (a port is 1 to 65535)")
        return cls(
            _network(found["bracketed"] or found["four"] or found["six"]), int(port[1:]) if port else None
        )

    def covers(self, address: Address, port: int) -> bool:
        """Whether this entry names the address and the port."""
        return self.port in (None, port) and address in self.network

    def __str__(self) -> str:
        if self.port is None:
            return str(self.network)
        return f"[{self.network}]:{self.port}" if self.network.version == 6 else f"{self.network}:{self.port}"


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as error:
        try:
            meant = ip_network(text, strict=False)
        except ValueError:
            raise ValueError(f"{text!r} is not a block of addresses ({error})") from None
        raise ValueError(
            f"{text!r} has bits past its prefix length (write {meant} or {text.split('/', maxsplit=1)[0]})"
        ) from None


def literal(host: str) -> Address | None:
    """The address that a URL's host is, in any notation that can be dialled (`127.1`, `0x7f.1`), or None."""
    try:
        return ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host)) if host[:1].isdigit() else None
    except (OSError, ValueError):  # a NUL, or half a character
        return None


def refusal(
    address: str | Address, port: int, allow: Sequence[Allow], own: Sequence[tuple[str, int]] = ()
) -> str | None:
    """Why this address and port may not be dialled, as a sentence; None where they may.

    own: (address, port) of the gateway's own listeners; an unspecified address (`0.0.0.0`, `::`) stands for
    every address of this machine.
    """
    address = ip_address(str(address).partition("%")[0])  # without its zone
    reached = (address, *_carried(address))
    for each in reached:
        if each in METADATA:
            return f"{address} is a cloud's metadata address and never dialled (no network.allow can name it)"
        if _is_own(each, port, own):
            return (
                f"{address} port {port} is the gateway's own listener and never dialled (name the source's)"
            )
    for each in reached:
        block = _special(each)
        if block and not any(entry.covers(each, port) for entry in allow):
            which = "" if each == address else f", which {address} carries,"
            entry = Allow(ip_network(each), port)
            return f"{each}{which} is not public but {block} (if it is meant, add {entry} to network.allow)"
    return None


def _special(address: Address) -> str | None:
    """The special-purpose block an address is in, in words; None for a public address."""
    block = DEFAULT_DENIED.match(address)
    if block:
        return f"{block.name}, {block.rfc.split(',')[0]}"
    if address == _AZURE_HOST:
        return "Azure's host"
    if address.version == 6 and address not in _GLOBAL_UNICAST:
        return "outside global unicast, RFC4291"
    return None


def _carried(address: Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses inside an IPv6 address, where packets to it may end up."""
    if isinstance(address, IPv4Address) or address.is_loopback or address.is_unspecified:
        return
    bits = int(address)
    if address.sixtofour:
        yield address.sixtofour
    elif address.teredo:
        yield from address.teredo
    elif any(address in block for block in _EMBEDDING) or bits >> 32 & 0xFFFFFFFF in _ISATAP:
        yield IPv4Address(bits & 0xFFFFFFFF)


def _is_own(address: Address, port: int, own: Sequence[tuple[str, int]]) -> bool:
    for host, listening in own:
        if listening != port:
            continue
        listener = ip_address(host)
        if listener.is_unspecified and _is_this_machine(address):
            return True
        # Dialling the unspecified address reaches loopback.
        if address == listener or (address.is_unspecified and listener.is_loopback):
            return True
    return False


def _is_this_machine(address: Address) -> bool:
    """Only an address of this machine can be bound to."""
    if address.is_loopback or address.is_unspecified or address.is_link_local:
        return True
    try:
        with socket.socket(
            socket.AF_INET6 if address.version == 6 else socket.AF_INET, socket.SOCK_DGRAM
        ) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True
