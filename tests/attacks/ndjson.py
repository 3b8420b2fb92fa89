"""Loaded by schemathesis (SCHEMATHESIS_HOOKS): how NDJSON is written, which it does not know of itself."""

from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines(ctx: schemathesis.SerializationContext, value: Any) -> bytes:
    """The text as it is."""
    return str(value).encode(errors="replace")
