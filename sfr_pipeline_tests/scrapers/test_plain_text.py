"""Claims about turning a post's HTML into text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfr_pipeline.scrapers.plain_text import plain_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("", ""),
        ("涨停 了", "涨停 了"),
        ("a<br>b<br/>c", "a b c"),
        ("涨<em>停</em>了", "涨停了"),
        ("<p>一</p><p>二</p>", "一 二"),
        ("&lt;b&gt; &amp;amp; &#x6DA8;", "<b> &amp; 涨"),
        ("<script>alert(1)</script>x<style>y{}</style>", "x"),
        ("a<!-- b -->c", "ac"),
        ("a\x00b\x1b[31m<i>c</i>", "ab[31mc"),
        ("half \ud800<i>pair</i>", "half \ufffdpair"),
        ("\u3000\u3000空格\n\n换行", "空格 换行"),
        ("😀<b>😀</b>", "😀😀"),
        ("</div></body>x", "x"),
        ("<div>" * 1000 + "deep", "deep"),
        ("<b", ""),
    ],
)
def test_plain_text(markup, text):
    assert plain_text(markup) == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_escaped_text_comes_back_but_for_its_white_space(text):
    markup = "<p>" + text.replace("&", "&amp;").replace("<", "&lt;") + "</p>"
    seen = "".join(plain_text(markup).split())
    kept = "".join(c for c in "".join(text.split()) if c >= " " and c != "\x7f")
    assert seen == kept


@given(st.text())
def test_nothing_is_refused(text):
    plain_text(text)
    plain_text(f"<p>{text}")
