"""The HTTP interface: `intake` takes events, `events` answers about them, `manage` is for operators and monitors.

docs/http.md describes every request, and GET /openapi.json for programs. A new route stands in `application`; above its
handler stands `@described(...)`, which says how it is asked and what it answers (`openapi/operations`), with a model of
each document (`openapi/shapes`). The tests compare every answer they get with that.
"""
