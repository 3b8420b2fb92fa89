"""The SQL of the store, read from the files of this folder.

A query begins with a line `-- name: NAME` and a line of purpose. `NNN_WHAT.sql` are the migrations, in order.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

_FOLDER = Path(__file__).parent
_QUERY = re.compile(r"^-- name: (\w+)\n(?:-- [^\n]*\n)+(.+?);$", re.MULTILINE | re.DOTALL)


def _queries(*files: str) -> Mapping[str, str]:
    text = "\n".join((_FOLDER / file).read_text(encoding="utf-8") for file in files)
    return MappingProxyType({name: sql.strip() for name, sql in _QUERY.findall(text)})


QUERIES = _queries("reads.sql", "writes.sql", "removals.sql", "checks.sql", "acts.sql")
MIGRATIONS: Mapping[int, str] = MappingProxyType(
    {
        int(path.name[:3]): path.read_text(encoding="utf-8")
        for path in sorted(_FOLDER.glob("[0-9][0-9][0-9]_*.sql"))
    }
)
SCHEMA = (_FOLDER / "schema.sql").read_text(encoding="utf-8")
