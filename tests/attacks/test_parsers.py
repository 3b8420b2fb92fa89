"""Whatever stands in a text that a parser reads: it is read, or refused by an error that the parser names."""

import time
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.attacks.parsers import PARSERS, Parser

# What breaks parsers: signs that mean something somewhere, edges of numbers and of Unicode.
TOKENS = st.sampled_from(
    ["{{", "}}", "{%", "%}", "{", "}", "[", "]", "(", ")", "<", ">", "'", '"', "\\", "|", "&", "*", "#", ":", "-", "?", "%", "@", "!", "$", "^",
     ",", ";", "=", "~", "/", "//", "..", "::", "<!--", "<![CDATA[", "<!DOCTYPE x [", "&lt;", "&#0;", "&#x110000;", "%00", "%ff", "\\u0000", "\\ud800",
     "\\x00", "\\Q", "(?i)", "(?=", "{2,1}", "{99999}", "\n", "\r", "\t", "\0", "\x7f", "\x85", "\u2028", "\ufeff", "\u202e", "\ud800", "\udcff",
     "\U0001f600", "é", "١", "１", "ß", "İ", "0", "-0", "1e999", "-1e-999", "1" * 30, "9" * 400, "0x", "NaN", "Infinity", "null", "true", "__class__",
     " if ", " for ", " else ", "none", "now", "lead", "lead.id", "!!python/object", "&a", "*a", "<<", "---", "- " * 70, "[" * 70, "{a: " * 70, "a" * 300]
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, samples: tuple[str, ...]) -> str:
    """A sample in which some places were cut out, doubled, or hold what breaks parsers."""
    text = draw(st.sampled_from(samples))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 12)))
        inserted = draw(TOKENS | st.text(max_size=4) | st.just(text[start:end] * 2) | st.just(""))
        text = text[:start] + inserted + text[end:]
    return text


def texts(parser: Parser) -> st.SearchStrategy[str]:
    return mutated(parser.samples) | st.lists(TOKENS, max_size=8).map("".join) | st.text(max_size=40)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_reads_or_refuses(name: str, thorough: bool) -> None:
    """No text makes it raise anything else, nor takes it longer than a second."""
    parser = PARSERS[name]
    seconds = 4.0 if thorough else 0.1
    end = time.thread_time() + seconds

    @settings(
        max_examples=1_500 if thorough else 40,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        derandomize=not thorough,
    )
    @given(texts(parser))
    def attack(text: str) -> None:
        if time.thread_time() > end:
            return
        begun = time.thread_time()
        with suppress(*parser.named):
            parser.call(text)
        assert time.thread_time() - begun < 1.0, "it took too long"

    attack()
