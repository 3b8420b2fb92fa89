"""The HTTP interface: `intake` takes events, `events` answers about them, `manage` is for operators and monitors.

docs/http.md describes every request.
"""
