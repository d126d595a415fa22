"""A page that nobody's numbers are in: one chart of each kind, names that try to be markup or code.

What it holds is known, so that the tests of a page in a browser know what to find.
"""

import datetime as dt

import altair as alt
import jinja2
import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.report import page
from sfr_pipeline.report.chart import Chart
from sfr_pipeline.report.grammar import (
    Line,
    event_marks,
    events,
    lines,
    over_time,
    pointer,
    rows,
    shades,
    zero,
)
from sfr_pipeline.report.grammar import panels as in_panels
from sfr_pipeline.report.imprint import Imprint
from sfr_pipeline.report.parts import Part
from sfr_pipeline.report.style import CALM, MUTED, RISK

IMPRINT = Imprint(dt.datetime(2020, 1, 31, 12, tzinfo=dt.UTC), "1.0", "0" * 36, "a" * 64, "b" * 64)

HOSTILE = (
    "<img src=x onerror=window.broken=1>",
    "</script><script>window.broken=2</script>",
    "'];window.broken=3;['",
    "=HYPERLINK(\"http://example.org\")",
    "Ein Straße, \"zwei\" 数据",
)  # fmt: skip

WORDS = """
{% from "page_parts/chart.html.j2" import chart with context %}
<p class="lead">Risk stands where it stood.</p>
{{ chart("level") }}
{% for name in ("days", "panels", "bars", "map") %}{{ chart(name) }}{% endfor %}
"""
TABLE = """
<h3>Every number of it</h3>
<table>
<caption>Wider than a phone and than paper</caption>
<tr>{% for name in section.heads %}<th scope="col">{{ name }}</th>{% endfor %}</tr>
{% for row in section.rows %}
<tr>{% for value in row %}<td>{{ value }}</td>{% endfor %}</tr>
{% endfor %}
</table>
<details><summary>What is folded away</summary>
<table><tr><th scope="col">Folded head</th></tr><tr><td>Folded cell</td></tr></table></details>
"""


def months_table():
    """Thirty years of an index and what it is compared with."""
    days = pd.date_range("1990-01-31", "2019-12-31", freq="ME")
    wave = np.sin(np.arange(len(days)) / 11)
    frame = pd.DataFrame({"ref_date": days, "sfri": 2 * wave, "equal_weight": wave - 0.25})
    frame.loc[frame.index < 24, "equal_weight"] = np.nan
    return frame


def made_up_charts():
    """One chart of each kind, by name."""
    months = months_table()
    known = pd.DataFrame(
        {"name": HOSTILE, "onset": pd.date_range("1994-03-31", periods=5, freq="4YE")}
    )
    beside = {
        "high": pd.DataFrame({"begin": [pd.Timestamp("2008-01-01")], "end": ["2009-06-30"]}),
        "events": event_marks(known, *months["ref_date"].iloc[[0, -1]]),
    }
    level = over_time(
        shades("high"),
        zero(),
        lines({"sfri": Line("SFRI", RISK), "equal_weight": Line(HOSTILE[2], MUTED, (2, 2))}),
        events(),
        pointer({"sfri": "SFRI", "equal_weight": HOSTILE[0]}),
        height=260,
    )
    days = pd.DataFrame({"date": pd.bdate_range("2000-01-03", "2019-12-31")})
    days["volatility"] = 1 + 0.5 * np.cos(np.arange(len(days)) / 300)
    daily = over_time(
        lines({"volatility": Line("volatility", CALM)}, "date", "per cent"),
        pointer({"volatility": "volatility"}, "date", 3, "%Y-%m-%d"),
        height=140,
    )
    panels = months.loc[months["ref_date"].dt.year > 2000, ["ref_date", "sfri"]]
    panels = pd.concat([panels.assign(dimension=name) for name in HOSTILE[:3]], ignore_index=True)
    facet = in_panels(
        lines({"sfri": Line("SFRI", CALM)}),
        pointer({"sfri": "SFRI"}),
        by="dimension",
        names=dict(zip(HOSTILE[:3], reversed(HOSTILE), strict=False)),
        height=90,
    )
    return {
        "level": Chart("The level", "It rises and falls.", months, level, beside),
        "days": Chart("The days", "It falls and rises.", days, daily),
        "panels": Chart("The panels", "All alike.", panels, facet),
        "bars": _bars(),
        "map": _map(),
    }


def _bars():
    table = pd.DataFrame({"name": HOSTILE, "contribution": [0.5, 0.25, -0.125, -0.25, 1.0]})
    picture = alt.Chart(rows()).mark_bar(color=CALM).encode(
        x=alt.X("contribution:Q", title="contribution"),
        y=alt.Y("name:N", sort=None, title=None),
        tooltip=["name:N", alt.Tooltip("contribution:Q", format="+.3f")],
    )  # fmt: skip
    return Chart("The bars", "One a driver.", table, picture.properties(width="container"))


def _map():
    table = pd.DataFrame(
        [(one, other, len(one) - len(other)) for one in "abc" for other in ("x", "yy", "zzz")],
        columns=["model", "target", "gain"],
    )
    picture = alt.Chart(rows()).mark_rect().encode(
        x=alt.X("target:N"), y=alt.Y("model:N"), color=alt.Color("gain:Q", title="gain"),
        tooltip=["model:N", "target:N", "gain:Q"],
    )  # fmt: skip
    return Chart("The map", "One a pair.", table, picture.properties(width="container"))


def made_up_page(market):
    """The page as HTML, of a market of which nothing but names and notes are shown."""
    heads = [f"Head {letter * 9}" for letter in "abcdefghijklmno"]
    table = {"heads": heads, "rows": [[f"cell of row {row}"] * len(heads) for row in range(12)]}
    answers = (
        Part("where", "Where it stands", "words", lambda *_: {}, lambda *_: made_up_charts()),
        Part("data", "The data", "table", lambda *_: table),
    )
    environment = page.templates("report")
    own = jinja2.DictLoader({"words": WORDS, "table": TABLE})
    environment.loader = jinja2.ChoiceLoader([own, environment.loader])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "ANSWERS", answers)
        patch.setattr(page, "EVIDENCE", ())
        patch.setattr(page, "templates", lambda *_: environment)
        return page.render(market, {"sfri": months_table()}, IMPRINT).report
