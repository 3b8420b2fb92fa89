"""The words of a curl command as the one request that it makes (curl's manual, https://curl.se/docs/manpage.html)."""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from getopt import GetoptError, gnu_getopt
from urllib.parse import quote, quote_plus, unquote, urlsplit, urlunsplit

from gateway.nearest import nearest

# What each option says, by its long name; `=` where a value follows. Of the short ones, `:` is getopt's for a value.
_SHORT = {
    "X:": "request", "H:": "header", "d:": "data", "G": "get", "u:": "user", "A:": "user-agent", "e:": "referer",
    "b:": "cookie", "L": "location", "m:": "max-time", "I": "head", "F:": "form", "T:": "upload-file",
    "K:": "config", "k": "insecure", "x:": "proxy", "U:": "proxy-user", "E:": "cert", "s": "silent",
    "S": "show-error", "v": "verbose", "i": "include", "f": "fail", "g": "globoff", "o:": "output",
    "O": "remote-name", "J": "remote-header-name", "R": "remote-time", "w:": "write-out", "c:": "cookie-jar",
    "D:": "dump-header", "N": "no-buffer", "n": "netrc", "q": "disable", "0": "http1.0", "1": "tlsv1",
    "4": "ipv4", "6": "ipv6", "#": "progress-bar", "y:": "speed-time", "Y:": "speed-limit", "j": "junk-session-cookies",
    "p": "proxytunnel", "r:": "range", "Z": "parallel",
}  # fmt: skip
_HEARD = (
    "request= header= data= data-ascii= data-raw= data-binary= data-urlencode= json= get user= oauth2-bearer= "
    "user-agent= referer= cookie= location location-trusted max-time= url= url-query= head basic "
    "cert= key= cacert= insecure"
)
_REFUSED = {
    "form=": "it sends a multipart form, and no transport sends those (ask the source for JSON, XML or a plain form)",
    "form-string=": "it sends a multipart form, and no transport sends those (ask the source for another one)",
    "upload-file=": "it uploads a file, and no transport does (write the content with --data)",
    "config=": "the command is in a file of its own (paste what stands in there)",
    "next": "there are several commands in one (paste one of them)",
    "digest": "no transport authenticates by Digest (ask the source for a key, or basic)",
    "ntlm": "no transport authenticates by NTLM (ask the source for a key, or basic)",
    "negotiate": "no transport authenticates by Negotiate (ask the source for a key, or basic)",
    "aws-sigv4=": "no transport signs requests for AWS (ask the source for a key, or basic)",
}
_MEANINGLESS = (
    "proxy= proxy-user= noproxy= preproxy= socks4= socks5= socks5-hostname= cert-type= key-type= "
    "pass= capath= pinnedpubkey= ciphers= tlsv1 tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3 tls-max= ssl-reqd "
    "ssl-no-revoke resolve= connect-to= interface= dns-servers= unix-socket= proxytunnel silent show-error verbose "
    "include fail fail-with-body fail-early globoff output= output-dir= create-dirs remote-name remote-name-all "
    "remote-header-name remote-time write-out= dump-header= cookie-jar= junk-session-cookies no-buffer netrc disable "
    "netrc-file= compressed compressed-ssh connect-timeout= max-redirs= retry= retry-delay= retry-max-time= "
    "retry-all-errors retry-connrefused speed-time= speed-limit= limit-rate= max-filesize= keepalive-time= "
    "no-keepalive progress-bar no-progress-meter trace= trace-ascii= trace-time stderr= styled-output "
    "no-styled-output http1.0 http1.1 http2 http2-prior-knowledge http3 http3-only no-alpn ipv4 ipv6 path-as-is "
    "post301 post302 post303 proto= proto-default= anyauth expect100-timeout= raw tcp-nodelay range= parallel"
)
_LONG = [*_HEARD.split(), *_REFUSED, *_MEANINGLESS.split()]
_DATA = {"data", "data-ascii", "data-raw", "data-binary", "data-urlencode", "json"}
_TLS = ("cert", "key", "cacert", "insecure")
_QUERY = "%-._~!$&'()*+,;=:@/?[]{}"  # what stays in one as it is written
_HEADERS = {"user-agent": "User-Agent", "referer": "Referer", "cookie": "Cookie"}


@dataclass(frozen=True, slots=True)
class Command:
    """One request, as curl would make it.

    url: without a fragment; headers: those that the command gives, credentials among them; timeout: seconds, as
    written; tls: its options cert, key, cacert and insecure, as written; notes: what was left out, in words.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    follow_redirects: bool = False
    timeout: str | None = None
    tls: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def header(self, name: str) -> str | None:
        """The value of a header, if it is there; names know no case."""
        return next((value for given, value in self.headers if given.lower() == name.lower()), None)


def request(words: Sequence[str]) -> Command:
    """The request of a command. Raises ValueError for what is no curl command, or nothing that a transport sends."""
    if not words or not re.fullmatch(r"(?:.*[/\\])?curl(?:\.exe)?", words[0]):
        raise ValueError("this is no curl command (paste one that begins with curl)")
    given, rest = _options(words[1:])
    urls = [*(value for name, value in given if name == "url"), *rest]
    if len(urls) != 1:
        found = f"{len(urls)} addresses: {', '.join(urls)}" if urls else "no address"
        raise ValueError(f"the command has {found} (one request has one; quotes keep words together)")
    said = dict(given)
    url, user = _address(urls[0])
    body = _body([one for one in given if one[0] in _DATA])
    if "get" in said:
        url, body = _with_query(url, body), None
    for value in (value for name, value in given if name == "url-query"):
        url = _with_query(url, value.removeprefix("+") if value.startswith("+") else _urlencoded(value))
    method = said.get("request", "HEAD" if "head" in said else "GET" if body is None else "POST")
    return Command(
        method.upper(),
        url,
        _headers(given, user),
        body,
        follow_redirects="location" in said or "location-trusted" in said,
        timeout=said.get("max-time"),
        tls={name: said[name] for name in _TLS if name in said},
        notes=tuple(_notes(given)),
    )


def _options(words: Sequence[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Options by their long names with their values, in order, and the words that are none."""
    try:
        found, rest = gnu_getopt(list(words), "".join(_SHORT), _LONG)
    except GetoptError as error:
        if "requires argument" in error.msg:
            raise ValueError(
                f"the option {_dashed(error.opt)} has no value (paste the whole command)"
            ) from None
        near = nearest(error.opt, [name.rstrip("=") for name in _LONG]) if len(error.opt) > 1 else ""
        raise ValueError(
            f"curl's option {_dashed(error.opt)} is not known here{near or ' (remove it)'}"
        ) from None
    names = {f"-{short[0]}": name for short, name in _SHORT.items()}
    given = [(names.get(option, option.removeprefix("--")), value) for option, value in found]
    for name, _ in given:
        why = _REFUSED.get(name) or _REFUSED.get(f"{name}=")
        if why is not None:
            raise ValueError(f"the command has the option {_dashed(name)}: {why}")
    return given, rest


def _dashed(name: str) -> str:
    return f"--{name}" if len(name) > 1 else f"-{name}"


def _address(text: str) -> tuple[str, str | None]:
    """The address without its user name and password, and these."""
    text = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(text)
    except ValueError:
        raise ValueError(f"the address {text} cannot be read (write such as https://HOST/PATH)") from None
    user, at, host = parts.netloc.rpartition("@")
    if "{{" in host or not host:
        raise ValueError(f"the address {text} has no host that is known (write it out)")
    return urlunsplit((parts.scheme, host, parts.path, parts.query, "")), unquote(user) if at else None


def _body(data: Iterable[tuple[str, str]]) -> str | None:
    """All data together as curl joins them: with `&`, that of --json without anything."""
    body: str | None = None
    for name, value in data:
        if value.startswith("@") and name != "data-raw":
            raise ValueError(f"the data are in a file, {value} (paste what stands in there in its place)")
        text = _urlencoded(value) if name == "data-urlencode" else value
        body = text if body is None else f"{body}{'' if name == 'json' else '&'}{text}"
    return body


def _urlencoded(value: str) -> str:
    name, equals, content = value.partition("=")
    if not equals and "@" in value:
        raise ValueError(f"the data are in a file, {value} (paste what stands in there in its place)")
    return f"{name}{equals if name else ''}{quote_plus(content)}" if equals else quote_plus(value)


def _with_query(url: str, query: str | None) -> str:
    return f"{url}{'&' if '?' in url else '?'}{quote(query, safe=_QUERY)}" if query else url


def _headers(given: Iterable[tuple[str, str]], user: str | None) -> tuple[tuple[str, str], ...]:
    headers: list[tuple[str, str]] = []
    for name, value in given:
        if name == "header":
            headers += _header(value)
        elif name in _HEADERS:
            if name == "cookie" and "=" not in value:
                raise ValueError(f"the cookies are in a file, {value} (write them: -b 'name=value')")
            headers.append((_HEADERS[name], value))
        elif name == "oauth2-bearer":
            headers.append(("Authorization", f"Bearer {value}"))
        elif name == "user":
            user = value
    if any(name == "json" for name, _ in given) and not any(
        name.lower() == "content-type" for name, _ in headers
    ):
        headers.append(("Content-Type", "application/json"))
    if user is not None:
        whole = user if ":" in user else f"{user}:"
        headers.append(("Authorization", f"Basic {b64encode(whole.encode()).decode()}"))
    return tuple(headers)


def _header(text: str) -> list[tuple[str, str]]:
    if text.startswith("@"):
        raise ValueError(f"the headers are in a file, {text} (write them: -H 'Name: value')")
    name, colon, value = text.partition(":")
    return [(name.strip(), value.strip())] if colon and value.strip() else []


def _notes(given: Iterable[tuple[str, str]]) -> Iterator[str]:
    without = {name.rstrip("=") for name in _MEANINGLESS.split()}
    left_out = dict.fromkeys(_dashed(name) for name, _ in given if name in without)
    if left_out:
        yield f"options that mean nothing here are left out: {', '.join(left_out)}"
