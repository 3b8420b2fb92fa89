"""Feedback Gateway: everything a plugin author may import, and nothing else."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gateway.description import Argument, Description, Offer
from gateway.errors import AddressRefused, Held, RenderError, SendError
from gateway.hookspecs import hookimpl
from gateway.model import (
    Alert,
    Attempt,
    Defer,
    Endpoint,
    Event,
    Finding,
    Found,
    Outcome,
    Park,
    Pass,
    Request,
    Response,
    Sample,
    Secret,
    Values,
    Verdict,
    Veto,
    View,
    Voice,
)

if TYPE_CHECKING:
    from gateway.auth import Wss
    from gateway.encoding import (
        FORM_HEADERS,
        form_encode,
        form_of,
        form_parameters,
        json_text,
        mapping_key,
        plain_text,
    )
    from gateway.paths import is_blank
    from gateway.patterns import Pattern
    from gateway.settings import Duration, Settings
    from gateway.templates import Template

__version__ = "0.1.0"

__all__ = [
    "FORM_HEADERS", "AddressRefused", "Alert", "Argument", "Attempt", "Defer", "Description",
    "Duration", "Endpoint", "Event", "Finding", "Found", "Held", "Offer", "Outcome", "Park", "Pass",
    "Pattern", "RenderError", "Request", "Response", "Sample", "Secret", "SendError", "Settings",
    "Template", "Values", "Verdict", "Veto", "View", "Voice", "Wss", "form_encode", "form_of",
    "form_parameters", "hookimpl", "is_blank", "json_text", "mapping_key", "plain_text",
]  # fmt: skip

# Loaded when first asked for: the command line's `--help` should pay neither pydantic nor Jinja2.
_LATER = {
    "FORM_HEADERS": "gateway.encoding",
    "form_encode": "gateway.encoding",
    "form_of": "gateway.encoding",
    "form_parameters": "gateway.encoding",
    "json_text": "gateway.encoding",
    "mapping_key": "gateway.encoding",
    "plain_text": "gateway.encoding",
    "Duration": "gateway.settings",
    "Settings": "gateway.settings",
    "Pattern": "gateway.patterns",
    "Template": "gateway.templates",
    "Wss": "gateway.auth",
    "is_blank": "gateway.paths",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"gateway has no public name {name!r} (it has {', '.join(__all__)})")
