"""A sample of a source's request, as its documentation shows it, becomes an endpoint's conf. Pure.

Words of a shell → one request → the protocol that it speaks, with a row for every value in it → a draft, in which
known values are templates and credentials are references.
"""

from gateway.imports.draft import Draft, Named, draft
from gateway.imports.options import request
from gateway.imports.protocols import recognise
from gateway.imports.shell import words
from gateway.imports.written import written

__all__ = ["Draft", "Named", "from_curl", "written"]


def from_curl(text: str, named: Named) -> Draft:
    """The endpoint that sends what a pasted curl command sends.

    Raises ValueError with a sentence where it is no such command, or no transport sends it.
    """
    return draft(recognise(request(words(text))), named)
