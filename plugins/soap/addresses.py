"""Where the calls go: what the conf says, or what the WSDL says as far as it has a say in that.

A fetched WSDL is a stranger's word. It may not send credentials and lead data to a third host, nor over plain HTTP
what it came itself by TLS for; a WSDL in the conf folder is conf. Services are read of the WSDL itself, never of
what it imports.
"""

from urllib.parse import SplitResult, urlsplit

from plugins.soap.documents import Documents, WsdlError
from plugins.soap.parsing import Offer
from plugins.soap.settings import ADDRESS


def of(offer: Offer, own: str | None, documents: Documents) -> str:
    """The address of an operation. own: the conf's, which wins. Raises WsdlError."""
    if own is not None:
        return own
    address = given(offer, documents)
    if (doubt := doubted(offer, documents)) is not None:
        raise WsdlError(doubt, "address")
    return address


def given(offer: Offer, documents: Documents) -> str:
    """The WSDL's address, over TLS where the WSDL itself came so from that host. Raises WsdlError where it has none."""
    address = (offer.address or "").strip()
    there = _split(address) if ADDRESS.fullmatch(address) else None
    if there is None or not there.hostname:
        what = f"the address {address!r}" if address else "no address"
        raise WsdlError(
            f"the WSDL gives {offer.name} {what} (write a http or https one under address)", "address"
        )
    here = urlsplit(_root(documents))
    if (here.scheme.lower(), there.scheme.lower()) == ("https", "http") and here.netloc == there.netloc:
        return there._replace(scheme="https").geturl()
    return address


def doubted(offer: Offer, documents: Documents) -> str | None:
    """Why the WSDL has no say in where its operation is; None where it has. Raises WsdlError as `given` does."""
    address, root = given(offer, documents), _root(documents)
    here, there = urlsplit(root), urlsplit(address)
    if not here.scheme:
        return None
    if here.hostname != there.hostname:
        wrong = "of another host"
    elif (here.scheme.lower(), there.scheme.lower()) == ("https", "http"):
        wrong = "without TLS"
    else:
        return None
    return (
        f"the WSDL at {root} gives {offer.name} the address {address}, {wrong} "
        f"(write address: {address} to allow that)"
    )


def _root(documents: Documents) -> str:
    return documents.addresses[documents.root]


def _split(address: str) -> SplitResult | None:
    try:
        return urlsplit(address)
    except ValueError:
        return None
