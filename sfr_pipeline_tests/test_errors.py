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
    "\u200c": r"\u200c", "\u034f": r"\u034f", "\u115f": r"\u115f", "\u1160": r"\u1160",
    "\u17b4": r"\u17b4", "\u17b5": r"\u17b5", "\u3164": r"\u3164", "\uffa0": r"\uffa0",
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


# A woman at a computer, with a colour of skin, a family, a rainbow flag, a heart on fire, a nod;
# words of Persian, Sinhala, Bengali, Hindi and, with the joiner at its end, Malayalam.
JOINED = [
    "\U0001f469\u200d\U0001f4bb", "\U0001f469\U0001f3fd\u200d\U0001f4bb",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f3f3\ufe0f\u200d\U0001f308",
    "\u2764\ufe0f\u200d\U0001f525", "\U0001f642\u200d\u2195\ufe0f",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0dc1\u0dca\u200d\u0dbb\u0dd3",
    "\u09b0\u200d\u09cd\u09af\u09be\u09ac", "\u0915\u094d\u200c\u0937", "\u0d28\u0d4d\u200d",
]  # fmt: skip


@pytest.mark.parametrize("text", JOINED)
def test_a_joiner_stays_where_writing_has_it(text):
    assert shown(text) == text
    assert str(SourceError(f"{text}: write it")) == f"{text}: write it"
    page = templates("report").from_string("<b>{{ name }}</b>")
    assert page.render(name=f"{text}\u202e") == rf"<b>{text}\u202e</b>"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("\u200d\u2764", r"\u200d" "\u2764"),
        ("\u2764\u200d", "\u2764" r"\u200d"),
        ("\u2764\u200d\u200d\u2764", "\u2764" r"\u200d\u200d" "\u2764"),
        ("\u2764\u200c\u2764", "\u2764" r"\u200c" "\u2764"),
        ("\u2764\u200da", "\u2764" r"\u200d" "a"),
        ("a\ufe0f\u200d\u2764", "a\ufe0f" r"\u200d" "\u2764"),
        ("\u2764\u202e\u2764", "\u2764" r"\u202e" "\u2764"),
        ("\u6d88\u200d\u8d39", "\u6d88" r"\u200d" "\u8d39"),
        ("\u0645\u200ca", "\u0645" r"\u200c" "a"),
        ("\u0645\u200d\u062e", "\u0645" r"\u200d" "\u062e"),
        ("\u0645\u202e\u062e", "\u0645" r"\u202e" "\u062e"),
        ("\u0915\u200d\u0937", "\u0915" r"\u200d" "\u0937"),
        ("\u0915\u094d\u202e\u0937", "\u0915\u094d" r"\u202e" "\u0937"),
    ],
)
def test_elsewhere_nobody_sees_a_joiner(text, told):
    assert shown(text) == told


def test_lines_of_ours_stay_and_others_are_told():
    assert shown("a\nb") == r"a\nb"
    assert shown_lines("a\x0bb\nc") == "a\\x0bb\nc"
    page = templates("report").from_string("{{ one }} {{ two|safe }} {{ 1.5 }}")
    assert page.render(one="a\nb", two="<i>\u200b</i>") == "a\nb <i>\u200b</i> 1.5"


def test_an_error_comes_back_from_another_process_as_it_was():
    error = SourceError("a\u202eb", 3)
    assert pickle.loads(pickle.dumps(error)).args == error.args == (r"a\u202eb", 3)
