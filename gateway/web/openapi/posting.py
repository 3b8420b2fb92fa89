"""What the OpenAPI document says of POST /events; it stands apart since it is long."""

from gateway.web.bodies import JSON, NDJSON
from gateway.web.openapi.operations import Answer, Example, Operation, Parameter, Schema
from gateway.web.openapi.shapes import EventAccepted, EventsAccepted, IdTaken

_EVENT: Schema = {"$ref": "#/components/schemas/Event"}
_RETURN = {
    "id": "5bb3-return",
    "type": "return",
    "source": "bolt",
    "reason": "Wrong number",
    "lead": {"id": "5bb3", "phone_1": "5125551212"},
}
_OTHER = {
    "id": "78-return",
    "type": "return",
    "source": "bolt",
    "reason": "Disconnected",
    "lead": {"id": "78"},
}
_LINE = (
    '{"id": "80-return", "type": "return", "source": "bolt", "reason": "Duplicate", "lead": {"id": "80"}}\n'
)

POST_EVENTS = Operation(
    "events",
    {
        200: Answer("It is there already, or its outcome was waited for.", EventAccepted),
        202: Answer("It is on disk, and will not be lost.", EventAccepted, EventsAccepted),
    },
    {409: IdTaken},
    parameters=(
        Parameter(
            "Prefer",
            "header",
            "`wait=10` waits up to ten seconds for the outcome of one event, 60 at most (RFC 7240).",
            {"type": "string"},
            "wait=1",
        ),
    ),
    body={
        JSON: {"anyOf": [_EVENT, {"type": "array", "items": _EVENT}]},
        NDJSON: {"type": "string", "description": "One event a line."},
    },
    needs_body=True,
    examples={
        "one": Example(_RETURN, 202),
        "the same again": Example(_RETURN, 200),
        "other content": Example({**_RETURN, "reason": "Duplicate"}, 409),
        "many": Example([_OTHER, {"id": "79-return", "type": "retrun"}], 202),
        "lines": Example(_LINE, 202, NDJSON),
        "wrong fields": Example({"type": "retrun", "source": 7}, 422),
    },
)
