"""The first two answers of every month, packed: each says what the tables say of that month."""

import base64
import gzip
import html
import json
import random
import re

import pandas as pd
import pytest

from sfr_pipeline.evaluation.models import headline
from sfr_pipeline.markets import load_market
from sfr_pipeline.report.answers.where import WHERE, sentences
from sfr_pipeline.report.answers.why import WHY
from sfr_pipeline.report.formats import number
from sfr_pipeline.report.months import address_of, months_of
from sfr_pipeline.report.page import _sections
from sfr_pipeline.report.templates import templates
from sfr_pipeline_tests.report.conftest import npoi_table
from sfr_pipeline_tests.report.index_frames import MONTHS, PARTS, made_up_index

PARTS_OF_PAGE = (WHERE, WHY)
ATTACK = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def made_up(mini):
    return made_up_index(mini)


@pytest.fixture(scope="module")
def months(mini, made_up):
    return packed(mini, made_up)


@pytest.fixture(scope="module")
def fragments(months):
    return unpacked(months)


def packed(market, tables):
    sections = _sections(market, tables, PARTS_OF_PAGE)
    return months_of(market, PARTS_OF_PAGE, sections, templates("report"))


def unpacked(months):
    found = json.loads(gzip.decompress(base64.b64decode(months.packed)))
    return {
        part: dict(zip(found["months"], texts, strict=True))
        for part, texts in found["parts"].items()
    }


def rows_of(fragment, caption):
    """Texts of the cells of a table of a fragment, row by row."""
    table = next(one for one in fragment.split("<table>") if f"<caption>{caption}" in one)
    lines = re.findall(r"<tr[ >].*?</tr>|<tr>.*?</tr>", table.split("</table>")[0], flags=re.S)
    plain = [[re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<t[dh].*?</t[dh]>", line, re.S)]
             for line in lines]  # fmt: skip
    return [[html.unescape(cell).strip() for cell in row] for row in plain]


def test_months_are_offered_newest_first_by_year_and_only_those_of_the_tables(months):
    assert list(months.years) == ["2008", "2007", "2006", "2005", "2004"]
    offered = [month for year in months.years.values() for month, _ in year]
    assert offered == [f"{month:%Y-%m}" for month in reversed(MONTHS)]
    assert months.years["2008"][2] == ("2008-10", "October 2008")
    assert months.latest == "2008-12"


def test_five_random_months_say_what_the_tables_say_of_them(mini, made_up, fragments):
    names = mini.indicator_names()
    index = made_up["sfri"].query("mode == 'real_time'").set_index("ref_date")
    key = ["ref_date", "indicator", "dimension", "mode"]
    joined = made_up["sfri_contributions"].merge(made_up["sfri_weights"], on=key)
    news = made_up["headline_news"].groupby("as_of")[PARTS].sum()
    for month in random.Random(16).sample(list(MONTHS[1:]), 5):
        one, name = f"{month:%Y-%m}", f"{month:%B %Y}"
        where = fragments["where"][one]
        row = index.loc[month]
        assert f"<b>{number(row['sfri'])}</b>" in where
        assert f"percentile {row['percentile']:.0f} of the months known then" in where
        assert f"{row['n_indicators']} of {len(names)} indicators had data" in where
        assert html.escape(sentences(mini, made_up)[one]).replace("&#x27;", "&#39;") in where
        drivers = {cells[0]: cells[1:] for cells in rows_of(fragments["why"][one], "Drivers")[1:]}
        own = joined[joined["ref_date"] == month]
        told = [row for row in own.itertuples() if names[row.indicator] in drivers]
        assert len(told) >= 5
        for driver in told:
            assert drivers[names[driver.indicator]] == [
                mini.dimensions[driver.dimension],
                number(driver.contribution / driver.weight),
                f"{100 * driver.weight:.1f} %",
                number(driver.contribution, 3),
                number(driver.indicator_effect, 3),
                number(driver.weight_effect, 3),
            ]
        moved = rows_of(fragments["why"][one], f"What moved the index in {name}")[1:]
        assert [cells[1] for cells in moved] == [
            number(value, 3) for value in (*news.loc[month], news.loc[month].sum())
        ]


def test_a_name_that_is_markup_stays_text_in_every_fragment(mini, made_up):
    first, *others = mini.indicators
    market = mini.model_copy(
        update={
            "indicators": [first.model_copy(update={"name": ATTACK}), *others],
            "dimensions": dict(mini.dimensions) | {"stock": ATTACK},
        }
    )
    statistics = made_up["indicator_statistics"].replace(first.name, ATTACK)
    found = unpacked(packed(market, made_up | {"indicator_statistics": statistics}))
    told = [text for texts in found.values() for text in texts.values()]
    assert any(html.escape(ATTACK) in text for text in told)
    assert not any("<img" in text or "<i>" in text for text in told)


def test_all_months_take_little_room_and_the_same_bytes_each_time(mini, made_up, months):
    assert packed(mini, made_up).packed == months.packed
    assert len(months.packed) < 200_000 * len(MONTHS) / 240


def test_a_page_without_an_index_has_no_months(world):
    assert _sections(world, {}, [WHY]) == []
    sections = _sections(world, {}, [WHERE])
    assert months_of(world, PARTS_OF_PAGE, sections, templates("report")) is None


def test_without_an_index_the_newest_day_stands_first(world, frames):
    (where,) = _sections(world, frames, PARTS_OF_PAGE)
    volatility, stress = where["told"]
    own = frames["volatility_forecasts"].query("panel == 'sub_markets' and horizon == 21")
    newest = own[own["model"].eq(headline("volatility").id) & own["date"].eq(own["date"].max())]
    assert volatility.startswith(f"After {newest['date'].iloc[0]:%Y-%m-%d} the volatility expected")
    for value in newest["forecast"]:
        assert f" {100 * value:.1f}" in volatility
    assert stress.startswith("The probability of stress in the 21 trading days after ")
    (where,) = _sections(world, {}, PARTS_OF_PAGE)
    assert where["told"] == ["Nothing has been measured yet."]


def test_of_posts_alone_their_newest_month_stands_first(mini):
    alone = mini.model_copy(
        update={"indicators": [], "events": [], "forum": load_market("sandbox").forum}
    )
    (where,) = _sections(alone, {"npoi": npoi_table()}, PARTS_OF_PAGE)
    assert where["told"] == [
        "Public opinion stood at +0.125 in December 2008, at or above 100 % of the months so far."
    ]


def test_an_index_that_waits_says_why_and_has_no_months(mini, made_up):
    panel = pd.DataFrame({"ref_date": MONTHS[:6], "indicator": mini.indicators[0].id})
    panel = panel.assign(mode="real_time", oriented=range(6))
    early = made_up | {"sfri": made_up["sfri"].iloc[:0], "indicator_panel": panel}
    (where,) = _sections(mini, early, PARTS_OF_PAGE)
    assert where["told"][0].startswith("The index needs 24 months of an indicator and has ")
    assert months_of(mini, PARTS_OF_PAGE, [where], templates("report")) is None
    assert sentences(mini, early) == {}


def test_the_address_of_a_month_is_its_own():
    assert address_of("2008-10") == "#month=2008-10"
