"""Secrets in templates: they may flow into a hash, and nowhere else.

The rules: a secret is named as it stands in the conf, never worked out; it reaches a hash as value, `salt` or `key`,
and on its way through nothing whose errors could quote it; what is hashed holds something of the event, too, as the
hash of a secret alone is as good as the secret, and is stored.
"""

from collections.abc import Iterator

from jinja2 import nodes

from gateway.model import SECRET_NAME, Secret
from gateway.paths import Segment
from gateway.templates.arguments import bound, secret_path
from gateway.templates.hashes import ALGORITHMS
from gateway.templates.tree import SECRETS, path_of, paths, variables

_HASHES = frozenset((*ALGORITHMS, "hmac"))
_HASHED = ("salt", "key")
_CARRIERS = frozenset(("lower", "upper", "trim", "join", "base64", "urlencode"))


def secrets(tree: nodes.Node) -> frozenset[Secret]:
    """The secrets that a tree reads, which `check` found right."""
    return frozenset(_secret(path) for path in paths(tree) if path[0] == SECRETS)


def check(tree: nodes.Template, *, allowed: bool) -> None:
    """Raise ValueError, with the sentence to show, where a secret stands where none may.

    allowed: in hashes, one may.
    """
    for path in paths(tree):
        if path[0] == SECRETS:
            if not allowed:
                raise ValueError("no secret can be read here (it may sign in mapping, headers and url)")
            _secret(path)
    if any(name.name == SECRETS for name in tree.find_all(nodes.Name)):
        _walk(tree, hashed=False)


def _walk(node: nodes.Node, *, hashed: bool) -> None:
    """hashed: what a node makes goes into a hash and nowhere else."""
    path = path_of(node)
    if path is not None:
        if path[0] == SECRETS and not hashed:
            raise _misplaced(_secret(path))
        return
    is_hash = isinstance(node, nodes.Filter) and node.name in _HASHES
    if is_hash and not hashed and not variables(node) and any(paths(node)):
        raise ValueError(
            "the hash of a secret alone is a secret itself (sign something of the event: (lead.id ~ secrets.NAME) "
            "| md5; or keep the hash itself in a secret file: {file: NAME})"
        )
    carried = {id(child) for child in _carried(node, hashed=hashed)}
    for child in node.iter_child_nodes():
        inner = child.value if isinstance(child, nodes.Keyword) else child
        _walk(inner, hashed=id(inner) in carried)


def _carried(node: nodes.Node, *, hashed: bool) -> Iterator[nodes.Node | None]:
    """The parts of a node that go into a hash."""
    if isinstance(node, nodes.Filter) and node.name in _HASHES:
        yield node.node
        yield from (argument for name, argument in bound(node).items() if name in _HASHED)
    elif hashed and isinstance(node, (nodes.Concat, nodes.List)):
        yield from node.iter_child_nodes()
    elif hashed and isinstance(node, nodes.Filter) and node.name in _CARRIERS:
        yield node.node
    elif hashed and isinstance(node, nodes.CondExpr):
        yield from (node.expr1, node.expr2)


def _secret(path: tuple[Segment, ...]) -> Secret:
    """The secret that a path names; raises ValueError with the sentence to show."""
    kind, names = ("env", path[2:]) if path[1:2] == ("env",) else ("file", path[1:])
    if len(names) > 1:
        right = secret_path(kind, ".".join(map(str, names)))
        raise ValueError(f"a secret has one name, and no parts (write {right} for the file of that name)")
    if not names:
        right = "secrets.env.NAME is a variable of the environment" if kind == "env" else "write secrets.NAME"
        raise ValueError(f"{'.'.join(map(str, path))} names no secret ({right})")
    name = str(names[0])
    if not SECRET_NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot name a secret (write letters, digits, `.`, `_` and `-`)")
    return Secret("env" if kind == "env" else "file", name)


def _misplaced(found: Secret) -> ValueError:
    written = secret_path(found.kind, found.name)
    return ValueError(
        f"{written} may only flow straight into a hash (a secret alone: mapping value {{{found.kind}: {found.name}}}; "
        f"in a signature: {{{{ (lead.id ~ {written}) | md5 }}}})"
    )
