"""Transport `soap`: an operation of a WSDL, called with an envelope as its schema asks for."""

from collections.abc import Callable

from gateway import Description, Endpoint, RenderError, Request, Values, Wss, hookimpl
from plugins.soap import description, envelope, wsdl
from plugins.soap.plan import Plan
from plugins.soap.settings import SoapSettings


@hookimpl
def settings() -> type[SoapSettings]:
    """The transport's own conf keys."""
    return SoapSettings


@hookimpl
def prepare(endpoint: Endpoint, load: Callable[[str], bytes]) -> Plan:
    """Read the WSDL and what it imports, and compile the operation; kept by content, safe in any thread.

    Raises WsdlError, whose `key` names the conf key that is wrong, and whatever `load` raises.
    """
    return wsdl.plan(endpoint.settings, endpoint.url, load)


@hookimpl
def describe(address: str, load: Callable[[str], bytes], settings: SoapSettings | None) -> Description:
    """Read a WSDL for a person: ports, operations, arguments. Raises WsdlError, and whatever `load` raises."""
    return description.describe(address, load, settings)


@hookimpl
def render(values: Values, endpoint: Endpoint) -> Request:
    """Write the values as the operation's arguments; notes say what was left out or removed."""
    plan = endpoint.prepared
    if not isinstance(plan, Plan):
        raise RenderError("the WSDL has not been read yet")
    auth = endpoint.auth if isinstance(endpoint.auth, Wss) else None
    body, notes = envelope.write(plan, values, auth)
    return Request("POST", plan.address, plan.headers, body, notes)
