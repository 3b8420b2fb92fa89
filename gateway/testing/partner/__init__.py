"""A stand-in for a source's end points, strict, independent of the gateway, and able to misbehave on request.

async with await serve() as partner:
    ...post to partner.url + "/json"...
    [received] = await partner.arrived()
    assert received.values == {"lead_id": "77"}
"""

from gateway.testing.partner.behaviours import BEHAVIOURS
from gateway.testing.partner.journal import Received, read_journal
from gateway.testing.partner.server import Partner, index, serve

__all__ = ["BEHAVIOURS", "Partner", "Received", "index", "read_journal", "serve"]
