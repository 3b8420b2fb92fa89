"""The WS-Security header of an envelope: who we are, and when (OASIS WSS UsernameToken Profile 1.0).

https://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0.pdf
Its nonce and its times are those of the attempt: a repeat carries new ones.
"""

from datetime import datetime, timedelta

from lxml import etree

from gateway import RenderError, Values, Wss

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
    nonce, created, secret = auth.token(values)
    envelope = etree.QName(header).namespace
    must = {f"{{{envelope}}}mustUnderstand": _MUST.get(str(envelope), "true")}
    security = etree.SubElement(header, f"{{{WSSE}}}Security", must, nsmap={"wsse": WSSE, "wsu": WSU})
    timestamp = etree.SubElement(security, f"{{{WSU}}}Timestamp")
    _child(timestamp, WSU, "Created", created)
    _child(timestamp, WSU, "Expires", _ends(created))
    token = etree.SubElement(security, f"{{{WSSE}}}UsernameToken")
    _child(token, WSSE, "Username", auth.username)
    _child(token, WSSE, "Password", secret, Type=PASSWORD + ("Digest" if auth.digest else "Text"))
    _child(token, WSSE, "Nonce", nonce, EncodingType=BASE64)
    _child(token, WSU, "Created", created)


def _child(parent: etree._Element, namespace: str, name: str, text: str, **attributes: str) -> None:
    node = etree.SubElement(parent, f"{{{namespace}}}{name}", attributes)
    try:
        node.text = text
    except ValueError:
        raise RenderError(f"the {name.lower()} holds a character that XML forbids", "auth.wss") from None


def _ends(created: str) -> str:
    """When what was created then is no longer good, written like it."""
    end = datetime.fromisoformat(created) + LIFETIME
    return end.isoformat(timespec="milliseconds").replace("+00:00", "Z")
