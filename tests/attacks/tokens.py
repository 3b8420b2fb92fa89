"""What is asked for with a token that is none, or is not for that, and posts with a signature that is not theirs."""

import hmac
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from gateway.access import Role

EVENT = b'{"id":"mine","type":"return","source":"acme","lead":{"id":"1"}}'
OTHERS = b'{"id":"theirs","type":"return","source":"bolt","lead":{"id":"SECRET-LEAD"}}'
KEY, OLD_KEY, NO_KEY = b"n" * 32, b"o" * 24, b"x" * 32
ROLES: tuple[Role, ...] = ("post", "view", "replay", "admin")
TOKENS = {name: f"fgt_{name}_0123456789abcdef" for name in (*ROLES, "all", "acme", "slow", "signed")}


@dataclass(frozen=True)
class Asked:
    """What is asked for. right: the status; says: what its title holds; act: what stands on record, with the caller."""

    right: int
    method: str = "GET"
    path: str = "/events?source=acme"
    token: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    says: str = ""
    act: tuple[str, str] | None = None
    signature: "Signature | None" = None


@dataclass(frozen=True)
class Signature:
    """How a post is signed. late: seconds; over: what was signed in place of the body; more: headers that are others."""

    key: bytes = KEY
    late: float = 0
    over: bytes = EVENT
    form: str = "v1,{}"
    more: Mapping[str, str] = field(default_factory=dict)

    def headers(self) -> dict[str, str]:
        """The headers, signed now."""
        sent_at = str(int(time.time() - self.late))
        mac = hmac.digest(self.key, f"msg_1.{sent_at}.".encode() + self.over, "sha256")
        signature = self.form.format(b64encode(mac).decode())
        return {
            "webhook-id": "msg_1",
            "webhook-timestamp": sent_at,
            "webhook-signature": signature,
            **self.more,
        }


def _tokens() -> Iterator[tuple[str, Asked]]:
    right = TOKENS["view"]
    for name, given in {
        "nothing": "", "no token": "Bearer", "a blank": "Bearer  ", "another scheme": f"Basic {right}", "no scheme": right, "a scheme of two": f"Bearer, Bearer {right}", "its hash": f"Bearer {sha256(right.encode()).hexdigest()}", "its beginning": f"Bearer {right[:-1]}",
        "more than it": f"Bearer {right}x", "other letters": f"Bearer {right.upper()}", "two of them": f"Bearer {right} {right}", "quotes": f'Bearer "{right}"', "a parameter": f"Bearer token={right}", "its name": "Bearer view", "a star": "Bearer *", "a template": "Bearer {{ token }}",
        "letters outside ASCII": "Bearer fgt_vi\u0435w_0123456789abcdef", "8,000 letters": "Bearer " + "x" * 8000, "a null": "Bearer null", "a token without a signature of its own": "Bearer eyJhbGciOiJub25lIn0.e30.",
    }.items():  # fmt: skip
        yield f"Authorization of {name}", Asked(401, headers={"Authorization": given})
    yield "no Authorization", Asked(401, says="a token is asked for")
    yield "the token as a parameter", Asked(401, path=f"/events?access_token={right}")
    yield (
        "the token as a cookie",
        Asked(401, headers={"Cookie": f"token={right}; Authorization=Bearer {right}"}),
    )
    yield "the token as another header", Asked(401, headers={"X-Authorization": f"Bearer {right}", "Proxy-Authorization": f"Bearer {right}"})  # fmt: skip
    yield "the token in the body", Asked(401, "POST", "/events", body=EVENT[:-1] + b',"token":"%s"}' % TOKENS["post"].encode())  # fmt: skip
    yield "no token, where nothing is", Asked(401, path="/nowhere")
    yield "a wrong token, where none is asked for", Asked(401, path="/-/healthy", token="wrong")
    yield "no token, and a page's Origin", Asked(401, headers={"Origin": "https://evil.test"})
    yield "no token, and a page's Origin, for health", Asked(403, path="/-/healthy", headers={"Origin": "https://evil.test"})  # fmt: skip
    for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Remote-User", "X-Original-URL"):
        yield f"no token, and {name}", Asked(401, headers={name: "127.0.0.1"})


def _roles() -> Iterator[tuple[str, Asked]]:
    acts = {
        "/events/mine/replay": ("replay", "replay"), "/replay": ("replay", "replay"), "/endpoints/acme/return/pause": ("admin", "pause"), "/endpoints/acme/return/resume": ("admin", "resume"),
        "/forget": ("admin", "forget"), "/-/reload": ("admin", "reload"), "/plugins/json/release": ("admin", "release"),
    }  # fmt: skip
    for path, (needed, act) in acts.items():
        yield f"{act} by nobody at {path}", Asked(401, "POST", path, act=("nobody", act))
        for role in ROLES:
            if role != needed:
                says = f"the token {role} lacks the role {needed}"
                yield f"{act} by {role} at {path}", Asked(403, "POST", path, role, says=says, act=(f"token {role}", act))  # fmt: skip
    yield "a list by one who posts", Asked(403, token="post")
    yield "its head by one who posts", Asked(403, "HEAD", token="post")
    yield "a list by one who replays", Asked(403, token="replay")
    yield "a list by one who pauses", Asked(403, token="admin")
    yield "a post by one who looks", Asked(403, "POST", "/events", "view", body=EVENT)
    yield "a post by one who pauses", Asked(403, "POST", "/events", "admin", body=EVENT)
    yield "the record by one who posts", Asked(403, path="/audit", token="post")
    yield "metrics by one who replays", Asked(403, path="/metrics", token="replay")
    override = {"X-HTTP-Method-Override": "GET", "X-HTTP-Method": "GET", "X-Original-URL": "/-/healthy"}
    yield "a reload that says it is a GET", Asked(403, "POST", "/-/reload", "view", override, act=("token view", "reload"))  # fmt: skip
    pause = "/endpoints/acme%2Freturn/pause"
    yield "a pause with an encoded slash", Asked(403, "POST", pause, "view", act=("token view", "pause"))
    for path in ("//-/reload", "/-/reload/", "/-/RELOAD", "/-/%72eload/..", "/-/healthy/../reload"):
        yield f"a reload by {path}", Asked(404, "POST", path, "view")


def _sources() -> Iterator[tuple[str, Asked]]:
    none = "is for some sources alone"
    yield "another's event, asked for", Asked(404, path="/events/theirs", token="acme")
    yield "another's event, sent again", Asked(404, "POST", "/events/theirs/replay", "acme", act=("token acme", "replay"))  # fmt: skip
    yield (
        "another's event, posted",
        Asked(403, "POST", "/events", "acme", body=OTHERS.replace(b"theirs", b"new")),
    )
    yield "another's event, under an id that is there", Asked(403, "POST", "/events", "acme", body=OTHERS)
    yield "another's id, taken by its own source", Asked(409, "POST", "/events", "acme", body=EVENT.replace(b"mine", b"theirs"))  # fmt: skip
    yield (
        "its source in other letters",
        Asked(403, "POST", "/events", "acme", body=EVENT.replace(b"acme", b"ACME")),
    )
    yield "its source, and another's behind it", Asked(400, "POST", "/events", "acme", body=EVENT[:-1] + b',"source":"bolt"}')  # fmt: skip
    yield "its source with a flow", Asked(422, "POST", "/events", "acme", body=EVENT.replace(b'"acme"', b'"bolt@acme"'))  # fmt: skip
    for query in ("", "?source=bolt", "?lead_id=SECRET-LEAD", "?source=bolt&source=acme", "?source=", "?source=acme%00"):  # fmt: skip
        right = 403 if "source=" in query else 200
        yield f"a list by {query or 'nothing'}", Asked(right, path=f"/events{query}", token="acme")  # fmt: skip
    yield (
        "all of another sent again",
        Asked(403, "POST", "/replay", "acme", body=b'{"source":"bolt"}', says=none),
    )
    yield (
        "a pause of another's",
        Asked(403, "POST", "/endpoints/bolt/return/pause", "acme", act=("token acme", "pause")),
    )
    for path in ("/metrics", "/audit", "/plugins"):
        yield f"what is about all: {path}", Asked(403, path=path, token="acme", says=none)


def _signatures() -> Iterator[tuple[str, Asked]]:
    def posted(
        right: int, signature: Signature | None, token: str | None = "signed", says: str = ""
    ) -> Asked:
        return Asked(right, "POST", "/events", token, body=EVENT, says=says, signature=signature)

    yield "signed with the new secret", posted(200, Signature())
    yield "signed with the old secret", posted(200, Signature(OLD_KEY))
    yield "the same post again", posted(200, Signature())
    yield "not signed", posted(401, None, says="the post is not signed")
    yield "signed, without a token", posted(401, Signature(), None)
    for name, signature in {
        "a secret that is none": Signature(NO_KEY), "no secret at all": Signature(b""), "another body": Signature(over=EVENT[:-1] + b" }"), "no body": Signature(over=b""), "another id": Signature(more={"webhook-id": "msg_2"}),
        "another scheme": Signature(form="v1a,{}"), "no scheme": Signature(form="{}"), "version 2": Signature(form="v2,{}"), "nothing": Signature(form=""), "half of it": Signature(form="v1,{:.20}"), "a digit more": Signature(form="v1,{}A"), "letters outside ASCII": Signature(form="v1,é{}"),
        "the right one behind eight others": Signature(form="v1,AA " * 8 + "v1,{}"), "a comma between": Signature(form="v1,AA,v1,{}"),
    }.items():  # fmt: skip
        yield f"signed with {name}", posted(401, signature, says="webhook-signature is not right")
    for name, signature in {
        "six minutes ago": Signature(late=360), "in six minutes": Signature(late=-360), "in 1970": Signature(more={"webhook-timestamp": "0"}), "a point": Signature(more={"webhook-timestamp": f"{time.time():.1f}"}), "a minus": Signature(more={"webhook-timestamp": "-1"}),
        "infinity": Signature(more={"webhook-timestamp": "inf"}), "4,000 digits": Signature(more={"webhook-timestamp": "9" * 4000}), "Arabic digits": Signature(more={"webhook-timestamp": "١٧٦٣٨٨٨٠٠٠"}), "a plus": Signature(more={"webhook-timestamp": f"+{int(time.time())}"}), "a word": Signature(more={"webhook-timestamp": "now"}),
    }.items():  # fmt: skip
        yield f"signed at {name}", posted(401, signature, says="webhook-timestamp is not within 300 s")
    for name in ("id", "timestamp", "signature"):
        yield f"signed without {name}", posted(401, Signature(more={f"webhook-{name}": ""}))


ASKED: Mapping[str, Asked] = dict(row for rows in (_tokens, _roles, _sources, _signatures) for row in rows())
