"""From a post's HTML to the text that a reader sees."""

import re
from typing import Any

from lxml import etree, html

_BLOCKS = frozenset({"blockquote", "br", "center", "dd", "div", "dl", "dt", "hr", "li", "ol", "p"})
_BLOCKS |= {"h1", "h2", "h3", "h4", "h5", "h6", "pre", "section", "table", "td", "th", "tr", "ul"}
_UNSEEN = frozenset({"script", "style", "noscript", "template"})
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
# Without huge_tree a text of 10 MB would be cut in silence.
_PARSER = html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)


def plain_text(markup: str) -> str:
    """Text of a piece of HTML: entities decoded, scripts left out, any white space as one blank.

    Control characters are dropped, and half a surrogate pair becomes U+FFFD: no parser takes them.
    """
    clean = _LONE_SURROGATE.sub("\ufffd", _CONTROL.sub("", markup))
    if "<" not in clean and "&" not in clean:
        return " ".join(clean.split())
    root = html.document_fromstring(f"<body>{clean}</body>".encode(), parser=_PARSER)
    return text_of(root)


def text_of(element: Any) -> str:
    """Text inside an lxml element, any white space as one blank."""
    parts: list[str] = []
    for event, node in etree.iterwalk(element, events=("start", "end")):
        if not isinstance(node.tag, str):  # a comment
            continue
        if node.tag in _BLOCKS:
            parts.append(" ")
        if event == "start":
            if node.text and node.tag not in _UNSEEN:
                parts.append(node.text)
        elif node.tail and node is not element:
            parts.append(node.tail)
    return " ".join("".join(parts).split())
