"""What may stand as a value in a mapping or a header: a template, a literal, a secret, or a list of those."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, TypeAlias

from anyascii import anyascii

from gateway.model import MASK, Sample, Secret
from gateway.templates import Template


@dataclass(frozen=True, slots=True)
class Fixed:
    """A literal, or a secret: the same for every event, and sent also where it is empty."""

    value: Any
    variables: ClassVar[frozenset[str]] = frozenset()
    optional: ClassVar[frozenset[str]] = frozenset()
    secrets: ClassVar[frozenset[Secret]] = frozenset()
    doubts: ClassVar[tuple[str, ...]] = ()

    def render(self, scope: Mapping[str, Any]) -> Any:
        """The value."""
        return self.value


@dataclass(frozen=True, slots=True)
class Listed:
    """A list whose missing and null elements go."""

    elements: tuple[Template | Fixed, ...]

    @property
    def variables(self) -> frozenset[str]:
        """The dotted paths that its elements read."""
        return frozenset().union(*(element.variables for element in self.elements))

    @property
    def optional(self) -> frozenset[str]:
        """Those of them for which every element that reads them says what to do where they are blank."""
        needed = (element.variables - element.optional for element in self.elements)
        return self.variables.difference(*needed)

    @property
    def secrets(self) -> frozenset[Secret]:
        """The secrets that its elements sign with."""
        return frozenset().union(*(element.secrets for element in self.elements))

    @property
    def doubts(self) -> tuple[str, ...]:
        """What its elements most likely do not mean."""
        return tuple(doubt for element in self.elements for doubt in element.doubts)

    def render(self, scope: Mapping[str, Any]) -> list[Any]:
        """What is left of the elements; raises RenderError."""
        rendered = [element.render(scope) for element in self.elements]
        return [value for value in rendered if value is not None]


Leaf: TypeAlias = Template | Fixed | Listed


def leaf(value: Any, tables: Mapping[str, Mapping[str, Any]]) -> Leaf:
    """Compile what stands in the conf; raises ValueError with the sentence to show."""
    if not isinstance(value, (list, tuple)):
        return _single(value, tables)
    return Listed(tuple(_single(element, tables) for element in value))


def _single(value: Any, tables: Mapping[str, Mapping[str, Any]]) -> Template | Fixed:
    if isinstance(value, str):
        template = Template.compile(value, tables, secrets=True)
        return Fixed(value) if template.constant else template
    if value is None or isinstance(value, (bool, int, Decimal, Secret)):
        return Fixed(value)
    raise ValueError(
        "a value is text, a number, true, false, null, a secret or a list of those "
        f"(not {'an object: write keys such as a.b' if isinstance(value, dict) else 'what stands here'})"
    )


def is_templated(found: Leaf) -> bool:
    """Whether what is sent depends on the event."""
    if isinstance(found, Listed):
        return any(isinstance(element, Template) for element in found.elements)
    return isinstance(found, Template)


def sample(found: Leaf) -> Any:
    """The value as a trial shows it: `x` for a template, `***` for a secret, literals as they are."""
    if isinstance(found, Listed):
        return [value for value in map(sample, found.elements) if value is not None]
    if isinstance(found, Template):
        return Sample("x")
    return MASK if isinstance(found.value, Secret) else found.value


def in_ascii(found: Leaf) -> Leaf:
    """The same with every literal transliterated; what templates render is, once it is there."""
    if isinstance(found, Listed):
        return Listed(tuple(each if isinstance(each, Template) else _ascii(each) for each in found.elements))
    return _ascii(found) if isinstance(found, Fixed) else found


def _ascii(found: Fixed) -> Fixed:
    return Fixed(to_ascii(found.value))


def to_ascii(value: Any) -> Any:
    """Every text in a value transliterated (Zoë to Zoe); the names in objects stay."""
    if isinstance(value, str):
        return value if value.isascii() else anyascii(value)
    if isinstance(value, dict):
        return {name: to_ascii(child) for name, child in value.items()}
    if isinstance(value, list):
        return [to_ascii(child) for child in value]
    return value
