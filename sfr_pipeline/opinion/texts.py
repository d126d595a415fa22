"""The text of a post, from what a stranger typed to what a model reads and a page can show.

Posts arrive as plain text. What looks like markup is what its author wrote, and stays: whoever
shows it escapes it.
"""

import re

# A classifier reads the first 128 tokens; a chart or a search never needs more than this.
MAX_CHARACTERS = 5_000

_SURROGATE = re.compile("[\ud800-\udfff]")
# Control characters but those of white space; marks that turn the direction of what follows; marks
# of no width. The joiners (U+200C, U+200D) stay: emoji and several scripts need them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
    "\u00ad\u200b\u2060\ufeff]"
)
# What a list puts behind a title that it cut.
_CUT_MARKS = "…. ,，"


def clean(text: str) -> str:
    """The text on one line, without invisible characters, cut to `MAX_CHARACTERS`.

    White space of any kind becomes single spaces, a lone surrogate (half of a character, which no
    file can hold) becomes U+FFFD. Nothing visible left gives "".
    """
    if not text.isprintable() or "  " in text:
        text = _INVISIBLE.sub("", _SURROGATE.sub("\ufffd", text))
        text = " ".join(text.split())
        if not any(map(str.isprintable, text.replace(" ", ""))):
            return ""
    return text.strip()[:MAX_CHARACTERS].rstrip()


def full_text(title: object, body: object) -> str:
    """Title and body as one text; the body alone where it begins with the title.

    A list cuts long titles, so that the title of many a post is how its body begins. What is no
    text counts as nothing, save a number, which counts as its digits.
    """
    head, tail = _text(title), _text(body)
    if not tail:
        return head
    if tail.startswith(head.rstrip(_CUT_MARKS)):
        return tail
    return f"{head} {tail}"[:MAX_CHARACTERS].rstrip()


def _text(value: object) -> str:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and value == value:
        return str(value)
    return ""
