"""The examples of docs/conf.md, as files that the loader takes."""

from collections.abc import Mapping

from tests.docs.pages import Block, Page

PAGE = Page("docs/conf.md")
YAML = [block for block in PAGE.blocks if block.info == "yaml"]
FILES = {
    block.first_line.removeprefix("# conf/"): block.text
    for block in YAML
    if block.first_line.startswith("# conf/")
}
FRAGMENTS = [block for block in YAML if block.first_line == "# in an endpoint"]
AROUND = """\
name: Acme Leads
common:
  transport: json
  url: https://api.acme.example/returns
return:
"""


def endpoint_file(fragment: Block) -> str:
    """A source file whose `return` is the fragment; what it leaves out stands in `common`."""
    return AROUND + "".join(f"  {line}\n" for line in fragment.text.split("\n"))


def with_tables(source: str) -> Mapping[str, str]:
    return {"sources/acme.yaml": source, "tables/acme_reasons.yaml": FILES["tables/acme_reasons.yaml"]}
