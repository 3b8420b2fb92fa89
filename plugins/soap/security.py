"""The WS-Security header of an envelope: who we are, and when (OASIS WSS UsernameToken Profile 1.0).

https://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0.pdf
Its nonce and its times are those of the attempt: a repeat carries new ones.
"""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha1

from lxml import etree

from gateway import RenderError, Sample, Values, Wss

_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
WSSE = f"{_OASIS}-wssecurity-secext-1.0.xsd"
WSU = f"{_OASIS}-wssecurity-utility-1.0.xsd"
PASSWORD = f"{_OASIS}-username-token-profile-1.0#Password"
BASE64 = f"{_OASIS}-soap-message-security-1.0#Base64Binary"
LIFETIME = timedelta(minutes=5)

# How each version of SOAP writes true (SOAP 1.1 §4.2.3, SOAP 1.2 part 1 §5.2.3).
_MUST = {"http://schemas.xmlsoap.org/soap/envelope/": "1"}


def append(header: etree._Element, auth: Wss, values: Values) -> None:
    """Write a Security element with a Timestamp and a UsernameToken. Raises RenderError."""
    if values.now is None or not values.random:
        raise RenderError(
            "auth needs the attempt's moment and chance (values.now and values.random)", "auth.wss"
        )
    envelope = etree.QName(header).namespace
    must = {f"{{{envelope}}}mustUnderstand": _MUST.get(str(envelope), "true")}
    security = etree.SubElement(header, f"{{{WSSE}}}Security", must, nsmap={"wsse": WSSE, "wsu": WSU})
    created = _written(values.now)
    timestamp = etree.SubElement(security, f"{{{WSU}}}Timestamp")
    _child(timestamp, WSU, "Created", created)
    _child(timestamp, WSU, "Expires", _written(values.now + LIFETIME))
    nonce = bytes.fromhex(values.random)
    token = etree.SubElement(security, f"{{{WSSE}}}UsernameToken")
    _child(token, WSSE, "Username", auth.username)
    secret = _digest(nonce, created, auth.password) if auth.digest else auth.password
    _child(token, WSSE, "Password", secret, Type=PASSWORD + ("Digest" if auth.digest else "Text"))
    _child(token, WSSE, "Nonce", b64encode(nonce).decode(), EncodingType=BASE64)
    _child(token, WSU, "Created", created)


def _digest(nonce: bytes, created: str, password: str) -> str:
    """Base64(SHA-1(nonce + created + password)), as the profile has it in §3.1."""
    if isinstance(password, Sample):
        return password
    digest = sha1(nonce + created.encode() + password.encode(), usedforsecurity=False).digest()
    return b64encode(digest).decode()


def _child(parent: etree._Element, namespace: str, name: str, text: str, **attributes: str) -> None:
    node = etree.SubElement(parent, f"{{{namespace}}}{name}", attributes)
    try:
        node.text = text
    except ValueError:
        raise RenderError(f"the {name.lower()} holds a character that XML forbids", "auth.wss") from None


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
