"""Hosts that lead, or seem to lead, where nothing may be sent, in every notation that a resolver, a URL or a person knows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

ALLOWED = "10.77.0.1"  # what the conf's network.allow names, at one port
PORT = 8080
LISTENER = 8620  # the daemon's own
ALLOW = (f"{ALLOWED}/32:{PORT}", f"127.0.0.1/32:{LISTENER}", "169.254.169.254/32", "fd00:ec2::254/128")
PUBLIC = frozenset(("8.8.8.8", "2606:4700:4700::1111"))
MAY_BE_REACHED = PUBLIC | {ALLOWED}


@dataclass(frozen=True)
class Host:
    """What stands between `http://` and the path. reached: the address it may lead to; None for nowhere at all."""

    text: str
    reached: str | None = None


def _parts(ip: str) -> list[int]:
    return [int(part) for part in ip.split(".")]


def _hex(ip: str) -> str:
    return f"{int(IPv4Address(ip)):08x}"


def _halves(ip: str) -> str:
    return f"{_hex(ip)[:4]}:{_hex(ip)[4:]}"


def _styled(ip: str, zero: int) -> str:
    return "".join(chr(zero + int(sign)) if sign.isdigit() else sign for sign in ip)


def _circled(ip: str) -> str:
    return "".join("⓪①②③④⑤⑥⑦⑧⑨"[int(sign)] if sign.isdigit() else sign for sign in ip)


NOTATIONS: Mapping[str, Callable[[str], str]] = {
    "plain": lambda ip: ip,
    "one decimal number": lambda ip: str(int(IPv4Address(ip))),
    "one hexadecimal number": lambda ip: f"0x{_hex(ip)}",
    "one hexadecimal number, in capitals": lambda ip: f"0X{_hex(ip).upper()}",
    "one octal number": lambda ip: f"0{int(IPv4Address(ip)):o}",
    "octal parts": lambda ip: ".".join(f"0{part:o}" for part in _parts(ip)),
    "octal parts, padded": lambda ip: ".".join(f"{part:010o}" for part in _parts(ip)),
    "hexadecimal parts": lambda ip: ".".join(f"{part:#x}" for part in _parts(ip)),
    "parts of three kinds": lambda ip: "{}.{:#x}.0{:o}.{}".format(*_parts(ip)),
    "three parts": lambda ip: "{}.{}.{}".format(*_parts(ip)[:2], int(_hex(ip)[4:], 16)),
    "two parts": lambda ip: f"{_parts(ip)[0]}.{int(_hex(ip)[2:], 16)}",
    "a number past 32 bits": lambda ip: str(int(IPv4Address(ip)) + 2**32),
    "parts past eight bits": lambda ip: ".".join(str(part + 256) for part in _parts(ip)),
    "a dot behind it": lambda ip: f"{ip}.",
    "full-width digits": lambda ip: _styled(ip, 0xFF10),
    "mathematical digits": lambda ip: _styled(ip, 0x1D7D8),
    "circled digits": _circled,
    "Arabic digits": lambda ip: _styled(ip, 0x0660),
    "full-width dots": lambda ip: ip.replace(".", "．"),
    "ideographic stops": lambda ip: ip.replace(".", "。"),
    "half-width stops": lambda ip: ip.replace(".", "｡"),
    "a soft hyphen within": lambda ip: f"{ip[:2]}\u00ad{ip[2:]}",
    "a zero-width space within": lambda ip: f"{ip[:2]}\u200b{ip[2:]}",
    "digits as percent signs say": lambda ip: "".join(f"%{ord(sign):02X}" for sign in ip),
    "one dot as percent signs say": lambda ip: ip.replace(".", "%2e", 1),
    "behind a public user name": lambda ip: f"8.8.8.8@{ip}",
    "behind a public user name and password": lambda ip: f"8.8.8.8:{PORT}@{ip}",
    "in brackets": lambda ip: f"[{ip}]",
    "mapped into IPv6": lambda ip: f"[::ffff:{ip}]",
    "mapped into IPv6, in hexadecimal": lambda ip: f"[0:0:0:0:0:FFFF:{_halves(ip)}]",
    "translated into IPv6": lambda ip: f"[::ffff:0:{_halves(ip)}]",
    "IPv4-compatible": lambda ip: f"[::{_halves(ip)}]",
    "NAT64": lambda ip: f"[64:ff9b::{ip}]",
    "NAT64, local": lambda ip: f"[64:ff9b:1::{_halves(ip)}]",
    "6to4": lambda ip: f"[2002:{_halves(ip)}::1]",
    "Teredo's server": lambda ip: f"[2001:0:{_halves(ip)}::1]",
    "Teredo's client": lambda ip: f"[{IPv6Address(0x20010000 << 96 | int(IPv4Address(ip)) ^ 0xFFFFFFFF)}]",
    "ISATAP below a public prefix": lambda ip: f"[2606:4700::5efe:{_halves(ip)}]",
    "ISATAP, global": lambda ip: f"[2606:4700::200:5efe:{_halves(ip)}]",
}
TARGETS = ("127.0.0.1", "169.254.169.254", "10.1.2.3")

SPECIAL = (
    "0.0.0.0", "0.1.2.3", "0", "127.1", "127.255.255.254", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.0.1",
    "100.64.0.1", "100.127.255.254", "169.254.0.1", "169.254.170.2", "169.254.170.23", "100.100.100.200", "192.0.0.192",
    "168.63.129.16", "192.0.0.9", "192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "192.88.99.1", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255", "[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[fe80::1]", "[fe80::1%25lo]",
    "[fe80::a9fe:a9fe]", "[fec0::1]", "[fc00::1]", "[fd00:ec2::254]", "[fd00:ec2::23]", "[fd20:ce::254]", "[fd00:c1::a9fe:a9fe]",
    "[fd00:42::42]", "[ff02::1]", "[2001:db8::1]", "[3fff::1]", "[100::1]", "[5f00::1]", "[4000::1]", "[2001::1]", "[2001:10::1]",
)  # fmt: skip

# Names, and the addresses that the resolver answers with: one list for each time that it is asked, the last for ever.
ZONE: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "loopback.test": (("127.0.0.1",),),
    "loopback6.test": (("::1",),),
    "private.test": (("10.1.2.3",),),
    "private6.test": (("fd12::1",),),
    "metadata.test": (("169.254.169.254",),),
    "metadata6.test": (("fd00:ec2::254",),),
    "nat64.test": (("64:ff9b::a9fe:a9fe",),),
    "sixtofour.test": (("2002:7f00:1::1",),),
    "mapped.test": (("::ffff:10.1.2.3",),),
    "nowhere.test": (("0.0.0.0",),),
    "own.test": (("127.0.0.1",),),
    "wild.10.1.2.3.test": (("10.1.2.3",),),
    "xn--lcalhost-o4g.test": (("127.0.0.1",),),
    "rebind.test": (("8.8.8.8",), ("10.1.2.3",)),
    "rebind-often.test": (("8.8.8.8",), ("127.0.0.1",), ("8.8.8.8",), ("169.254.169.254",)),
    "both.test": (("8.8.8.8", "10.1.2.3"),),
    "both-turned.test": (("10.1.2.3", "8.8.8.8"),),
    "both-kinds.test": (("8.8.8.8", "fd12::1", "::1"),),
    "many.test": (tuple(f"10.1.2.{last}" for last in range(1, 25)),),
    "public.test": (("8.8.8.8",),),
    "public6.test": (("2606:4700:4700::1111",),),
    "allowed.test": (("10.77.0.1",),),
}
_LEAD_OUT = (
    "public.test",
    "rebind.test",
    "rebind-often.test",
    "both.test",
    "both-turned.test",
    "both-kinds.test",
)


def _named() -> dict[str, Host]:
    found = {name: Host(name, "8.8.8.8" if name in _LEAD_OUT else None) for name in ZONE}
    found |= {"public6.test": Host("public6.test", "2606:4700:4700::1111"), "allowed.test": Host("allowed.test", ALLOWED)}  # fmt: skip
    for name in ("private.test.", "PRIVATE.test", "ⓟrivate.test", "private。test", "localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "ip6-localhost", "ⓛocalhost"):  # fmt: skip
        found[name] = Host(name)
    return found


def _written() -> dict[str, Host]:
    return {
        f"{target}, {name}": Host(write(target)) for target in TARGETS for name, write in NOTATIONS.items()
    }


CONTROLS = {
    "public": Host("8.8.8.8", "8.8.8.8"),
    "public IPv6": Host("[2606:4700:4700::1111]", "2606:4700:4700::1111"),
    "allowed": Host(ALLOWED, ALLOWED),
}
ODD = {  # nobody writes a public address in this way who means well
    "public, one decimal number": Host("134744072"),
    "public, hexadecimal parts": Host("0x8.0x8.0x8.0x8"),
    "public, octal parts": Host("010.010.010.010"),
    "allowed, in two parts": Host("10.5046273"),
}
HOSTS: Mapping[str, Host] = {
    **CONTROLS,
    **ODD,
    **_written(),
    **{f"special: {text}": Host(text) for text in SPECIAL},
    **{f"name: {name}": host for name, host in _named().items()},
}
