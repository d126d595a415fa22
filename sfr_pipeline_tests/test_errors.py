"""What others wrote is told so that everybody sees what stands there, wherever it is told."""

import pickle

import pytest

from sfr_pipeline.errors import EstimationError, SourceError, shown, shown_lines
from sfr_pipeline.report.templates import templates

# What a terminal obeys, breaks of lines that are none of ours, marks of direction and of no width,
# half a character, a code point without a character.
UNSEEN = {
    "\x1b": r"\x1b", "\x00": r"\x00", "\x07": r"\x07", "\r": r"\r", "\t": r"\t", "\x7f": r"\x7f",
    "\x85": r"\x85", "\x9b": r"\x9b", "\xad": r"\xad", "\u061c": r"\u061c", "\u200b": r"\u200b",
    "\u200d": r"\u200d", "\u200e": r"\u200e", "\u2028": r"\u2028", "\u2029": r"\u2029",
    "\u202e": r"\u202e", "\u2060": r"\u2060", "\u2066": r"\u2066", "\ufeff": r"\ufeff",
    "\ud83d": r"\ud83d", "\U000e0001": r"\U000e0001", "\uffff": r"\uffff",
}  # fmt: skip


@pytest.mark.parametrize("sign", UNSEEN)
def test_what_nobody_would_see_is_told(sign):
    escaped = UNSEEN[sign]
    assert shown(f"a{sign}b") == f"a{escaped}b"
    assert str(SourceError(f"a{sign}b: write it")) == f"a{escaped}b: write it"
    named = EstimationError("gaps in {series}", series=[0]).named([f"x{sign}"], [])
    assert str(named) == f"gaps in x{escaped}"
    page = templates("report").from_string("<b>{{ name }}</b>")
    assert page.render(name=f"<{sign}") == f"<b>&lt;{escaped}</b>"


@pytest.mark.parametrize(
    "text", ["", "社融 存量", "a\u3000b\xa0c", "é e\u0301 ❤\ufe0f 中", r"C:\x85"]
)
def test_what_is_seen_stays(text):
    assert shown(text) == text
    assert str(SourceError(text)) == text


def test_lines_of_ours_stay_and_others_are_told():
    assert shown("a\nb") == r"a\nb"
    assert shown_lines("a\x0bb\nc") == "a\\x0bb\nc"
    page = templates("report").from_string("{{ one }} {{ two|safe }} {{ 1.5 }}")
    assert page.render(one="a\nb", two="<i>\u200b</i>") == "a\nb <i>\u200b</i> 1.5"


def test_an_error_comes_back_from_another_process_as_it_was():
    error = SourceError("a\u202eb", 3)
    assert pickle.loads(pickle.dumps(error)).args == error.args == (r"a\u202eb", 3)
