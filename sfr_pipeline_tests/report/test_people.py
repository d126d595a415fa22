"""What people say: level, volume and mix of the latest month, as table ``npoi`` has them."""

import pandas as pd
import pytest

from sfr_pipeline.markets import load_market
from sfr_pipeline.opinion.npoi import NO_POSTS
from sfr_pipeline.report.answers.people import PEOPLE
from sfr_pipeline.report.opinion.charts import npoi_chart, sentiment_chart
from sfr_pipeline.report.opinion.verdict import opinion_sentence, opinion_summary
from sfr_pipeline_tests.report.conftest import npoi_table

SHARES = ["share_negative", "share_neutral", "share_positive"]


@pytest.fixture(scope="module")
def forum():
    return load_market("sandbox")


def test_the_sentence_is_written_from_the_latest_real_time_month():
    npoi = npoi_table()
    latest = npoi["ref_date"] == "2008-12-31"
    # The other variants are no news of the day.
    npoi.loc[npoi["variant"] != "real_time", "npoi"] = 9.0
    npoi.loc[latest, "n_posts"] = 800
    assert opinion_sentence(opinion_summary(npoi)) == (
        "In December 2008 public opinion stood at 0.125, up 0.625 on the month: higher than or "
        "equal to 100 % of the months so far. Of 800 posts (a median month has 1,000, all months "
        "2,000) 50 % read as negative, 12 % read as neutral and 38 % read as positive; their mean "
        "sentiment is +0.10, from −1 to 1."
    )


def test_a_first_month_and_one_behind_a_gap_have_no_change():
    npoi = npoi_table()
    assert opinion_summary(npoi[npoi["ref_date"] == "2008-11-30"]).change is None
    apart = npoi.replace({"ref_date": {pd.Timestamp("2008-11-30"): pd.Timestamp("2008-09-30")}})
    assert opinion_summary(apart).change is None
    assert opinion_summary(npoi).change == 0.625


def test_charts_hold_the_table_s_numbers_and_leave_months_without_posts_empty():
    npoi = npoi_table().replace(
        {"ref_date": {pd.Timestamp("2008-11-30"): pd.Timestamp("2008-10-31")}}
    )
    chart = npoi_chart(npoi).table.set_index("ref_date")
    for variant in ("paper", "real_time", "robust"):
        own = npoi[npoi["variant"] == variant].set_index("ref_date")["npoi"]
        pd.testing.assert_series_equal(chart[variant].dropna(), own, check_names=False)
    mix = sentiment_chart(npoi).table.set_index("ref_date")
    for table in (chart, mix):
        assert list(table.index.strftime("%Y-%m")) == ["2008-10", "2008-11", "2008-12"]
        assert table.loc["2008-11-30"].isna().all()
    real_time = npoi[npoi["variant"] == "real_time"].set_index("ref_date")
    pd.testing.assert_frame_equal(mix[SHARES].dropna(), real_time[SHARES])


@pytest.mark.parametrize(
    ("tables", "why"),
    [({}, "materialize sandbox/posts"), ({"npoi": npoi_table().head(0)}, NO_POSTS)],
)
def test_before_there_are_posts_it_is_said_what_it_waits_for(forum, tables, why):
    assert why in PEOPLE.shown(forum, tables)["waits"]
    assert PEOPLE.charts(forum, tables) == {}


def test_a_market_without_a_forum_shows_no_opinion_that_lies_around(mini):
    tables = {"npoi": npoi_table()}
    assert PEOPLE.shown(mini, tables) is None
    assert PEOPLE.charts(mini, tables) == {}


def test_posts_that_the_sandbox_s_model_read_are_told_to_mean_nothing(forum):
    tables = {"npoi": npoi_table()}
    assert PEOPLE.shown(forum, tables)["meaningless"] is None
    real = forum.model_copy(update={"synthetic": False})
    assert "their sentiment means nothing" in PEOPLE.shown(real, tables)["meaningless"]
