"""How much work an XPath can make: linear ones always fit, what multiplies is bounded by the size of the answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.answers.work import MOST, Work, work
from gateway.answers.xpaths import XPath


@pytest.mark.parametrize(
    "expression",
    [
        "/r/a/text()",
        "//a",
        "//a[b='x']/@id",
        "count(//a)",
        "sum(//a) > 3",
        "//a[position() = last()]",
        "//a[string(b) != 'x' and not(c)]",
        "concat(//a, '-', //b)",
        "//div/mod/and",
        "//a * 2",
        "a div b",
        "//*[local-name()='x' and namespace-uri()='urn:a']",
        "//a[.//b]",
    ],
)
def test_what_looks_at_each_node_once_is_linear(expression: str) -> None:
    assert work(expression).power == 1
    assert work(expression).fits(1_000_000)


@pytest.mark.parametrize(
    ("expression", "power"),
    [
        ("//a//b", 2),
        ("//a | //b", 2),
        ("(//a)//b", 2),
        ("(//a)[1]/following::b", 3),
        ("(//a | //b)[following::c]", 2),
        ("(//a)/preceding::b", 3),
        ("id('x')//b", 2),
        ("//a/..", 2),
        ("//a[../b]", 2),
        ("//a[b = c]", 2),
        ("//a[/r/b]", 2),
        ("//a[//b]", 2),
        ("//a[following::b]", 2),
        ("//a[count(preceding-sibling::*) = 1]", 2),
        ("//a/following-sibling::*[(self::b) and (position() = 1)]", 2),
        ("//a/following-sibling::*[self::b or position() = 1]", 3),
        ("//a/following::b", 3),
        ("//a[following::b[preceding::c]]", 3),
        ("//a[following::b[preceding::c[//d]]]", 4),
    ],
)
def test_what_looks_at_every_node_for_every_node_multiplies(expression: str, power: int) -> None:
    assert work(expression).power == power
    assert not work(expression).fits(50_000)


@pytest.mark.parametrize(
    ("selector", "nodes"),
    [
        ("#id", 50_000),
        (".msg", 50_000),
        ("ul li", 3000),
        ("tr:nth-child(2) td", 2000),
        ("tr + tr td:first-child", 2000),
    ],
)
def test_everyday_selectors_fit_everyday_pages(selector: str, nodes: int) -> None:
    assert XPath.of_css(selector).work.fits(nodes)


@given(st.integers(1, 5), st.integers(1, 1000), st.integers(0, 100_000))
def test_what_fits_never_takes_more_than_the_most(power: int, factor: int, size: int) -> None:
    """The bound is one of steps, and a smaller answer never takes more of them."""
    made = Work(power, factor)
    assert made.fits(size) == (made.steps(size) <= MOST)
    assert made.steps(size) <= made.steps(size + 1)
