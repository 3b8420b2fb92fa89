"""Transport `query`: a GET whose parameters stand in the address."""

from typing import ClassVar

from gateway import Request, Settings, Values, form_encode, form_parameters, hookimpl


class Query(Settings):
    """A GET request with the mapped values as query parameters."""

    bracketed: ClassVar[bool] = True


@hookimpl
def settings() -> type[Query]:
    """No keys beyond those that every transport has."""
    return Query


@hookimpl
def render(values: Values) -> Request:
    """Join address and parameters: an existing query string is kept, a fragment dropped."""
    address, _, _ = values.url.partition("#")
    query = form_encode(form_parameters(values.tree))
    if not query:
        return Request("GET", address)
    joint = "" if address.endswith(("?", "&")) else "&" if "?" in address else "?"
    return Request("GET", f"{address}{joint}{query}")
