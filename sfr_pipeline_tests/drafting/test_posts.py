"""A file of posts becomes a market whose posts are those of the file."""

import pandas as pd
import pytest

from sfr_pipeline.drafting.panel import draft_panel
from sfr_pipeline.drafting.post_file import read_posts
from sfr_pipeline.drafting.posts import draft_posts
from sfr_pipeline.drafting.prices import draft_prices
from sfr_pipeline.drafting.sections import joined, without_panel
from sfr_pipeline.errors import SourceError
from sfr_pipeline.markets import load_market
from sfr_pipeline.opinion.exports import read_exports
from sfr_pipeline.opinion.origin import is_crawled, posts_folder
from sfr_pipeline.opinion.posts import validate_all
from sfr_pipeline_tests.drafting.made_up import panel
from sfr_pipeline_tests.drafting.made_up import wide as wide_panel
from sfr_pipeline_tests.drafting.made_up_prices import closes
from sfr_pipeline_tests.drafting.made_up_prices import wide as wide_prices

TIMES = ["2020-01-31 14:03:09", "2020-02-01 00:00:00", "2020-02-13 23:59:00"]
GOOD, BAD, CALM = "市场今天上涨，明天看多", "大盘下跌，亏损严重", "公司发布公告，没有变化"
TEXTS = [GOOD, BAD, f"{CALM}，\n“不变”"]


def posts(**columns):
    return pd.DataFrame({"published_at": TIMES, "text": TEXTS} | columns)


def put(frame, folder, name="posts.csv"):
    path = folder / name
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, sep="\t" if path.suffix == ".tsv" else ",", index=False)
    return path


def drafted(own, path, **options):
    """The market, written into a workspace, and its posts as a run reads them."""
    draft = without_panel("mine", "Mine", [draft_posts(path, "mine", own, **options)])
    draft.write(own)
    market = load_market("mine")
    return draft, market, run_reads(market)


def run_reads(market):
    forum = market.forum
    months = pd.period_range(forum.first_month, market.sample.end, freq="M").astype(str)
    rows = read_exports(posts_folder(forum), forum.exports.columns, forum.board)
    return validate_all(rows, list(months), pd.Timestamp("2030-01-01"))


def _epoch(times):
    return [int(pd.Timestamp(time).timestamp()) for time in times]


def _form(form):
    return lambda times: [f"{pd.Timestamp(time):{form}}" for time in times]


@pytest.mark.parametrize(
    ("header", "written"),
    [
        ("when", lambda times: times),
        ("created_at", _form("%a %b %d %H:%M:%S +0000 %Y")),
        ("pubDate", _form("%a, %d %b %Y %H:%M:%S GMT")),
        ("posted", _form("%d/%m/%Y %H:%M:%S")),
        ("posted", _form("%b %d, %Y %I:%M:%S %p")),
        ("date", _form("%Y-%m-%dT%H:%M:%SZ")),
        ("created_utc", _epoch),
        ("x", lambda times: [f"{pd.Timestamp(t) + pd.Timedelta('8h')}+08:00" for t in times]),
    ],
    ids=["iso", "weekday", "rfc", "day first", "American", "zulu", "epoch", "zone"],
)
def test_times_of_any_form_are_the_same_moment(own, tmp_path, header, written):
    frame = pd.DataFrame({"n": [1, 22, 333], header: written(TIMES), "what was said": TEXTS})
    _, market, read = drafted(own, put(frame, tmp_path))
    assert read.posts["published_at"].astype(str).tolist() == TIMES
    assert [text[:10] for text in read.posts["text"]] == [text[:10] for text in TEXTS]
    assert (len(read.rejected), read.outside) == (0, 0)
    assert (market.forum.first_month, market.sample.end) == ("2020-01", "2020-02")


@pytest.mark.parametrize("name", ["posts.csv", "posts.parquet", "posts.tsv"])
def test_files_of_any_kind_hold_the_same_posts(own, tmp_path, name):
    frame = posts(published_at=pd.to_datetime(TIMES), likes=[1, None, 3], retweet_count=[0, 5, 9])
    _, _, read = drafted(own, put(frame, tmp_path, name))
    assert read.posts["published_at"].astype(str).tolist() == TIMES
    assert read.posts["shares"].tolist() == [0, 5, 9]
    assert read.posts["likes"].tolist()[::2] == [1, 3]
    assert read.posts["reads"].isna().all()


def test_identifiers_are_those_of_the_file_where_they_are_unique(own, tmp_path):
    _, _, read = drafted(own, put(posts(id=[1_480_123_456, 2, 3]), tmp_path))
    assert read.posts["post_id"].tolist() == ["1480123456", "2", "3"]


def test_equal_identifiers_are_not_used_and_equal_posts_count_each(own, tmp_path):
    twice = pd.concat([posts(id=7)] * 2)
    draft, _, read = drafted(own, put(twice, tmp_path))
    assert read.posts["post_id"].nunique() == 6
    assert any("'id' is no key of the posts" in note for note in draft.notes)


def test_identifiers_that_a_spreadsheet_rounded_are_called_that_and_not_used(own, tmp_path):
    rounded = posts(id=["1.23457E+17", "1.23458E+17", "12"])
    draft, _, read = drafted(own, put(rounded, tmp_path))
    assert (len(read.posts), len(read.rejected)) == (3, 0)
    assert any("a spreadsheet has rounded its ids (1.23457E+17)" in note for note in draft.notes)


def test_a_market_of_posts_alone_has_neither_site_nor_board_nor_prices(own, tmp_path):
    _, market, read = drafted(own, put(posts(), tmp_path))
    assert (market.forum.site, market.forum.bars) == (None, [])
    assert market.posts_alone
    assert not is_crawled(market.forum)
    assert (market.prices, market.series, market.indicators) == ([], [], [])
    assert set(read.posts["bar"]) == {market.forum.board}


def test_chinese_posts_are_read_by_the_model_of_market_china(own, tmp_path):
    _, market, _ = drafted(own, put(posts(), tmp_path))
    assert market.sentiment == load_market("china").sentiment


def test_other_posts_need_a_model_that_somebody_names(own, tmp_path):
    english = put(posts(text=["stocks rise", "stocks fall again", "no change today"]), tmp_path)
    with pytest.raises(SourceError, match="name one with --checkpoint"):
        draft_posts(english, "mine", own)
    with pytest.raises(SourceError, match="org/name@commit"):
        draft_posts(english, "mine", own, checkpoint="org/name")
    (own / "models" / "mine").mkdir(parents=True)
    for given in ("models/mine", str(own / "models" / "mine")):
        section = draft_posts(english, "mine", own, checkpoint=given)
        text = section.text(section.months)
        assert 'folder: "models/mine"' in text
        assert "language: en" in text
    commit = "0" * 40
    section = draft_posts(english, "mine", own, checkpoint=f"org/name@{commit}")
    assert f'revision: "{commit}"' in section.text(section.months)


def test_the_synthetic_model_is_used_by_name_only_and_says_what_it_is(own, tmp_path):
    draft, market, _ = drafted(own, put(posts(), tmp_path), checkpoint="sandbox")
    assert market.sentiment.folder == "sandbox"
    assert any("SYNTHETIC" in note for note in draft.notes)
    assert "SYNTHETIC" in draft.yaml


def test_another_script_leaves_the_language_undecided(own, tmp_path):
    greek = posts(text=["αγορά πέφτει", "αγορά ανεβαίνει", "καμία αλλαγή"])
    draft, _, _ = drafted(own, put(greek, tmp_path), checkpoint="sandbox")
    assert "neither Chinese nor Latin" in draft.undecided[0]


def test_dates_far_out_and_months_without_posts_are_told(own, tmp_path):
    frame = pd.concat([posts(), posts(published_at=["1970-01-01", "2020-05-01", "soon"])])
    draft, market, read = drafted(own, put(frame, tmp_path))
    told = "\n".join(draft.notes)
    assert "1 posts of before 2020-01 or after 2020-05 stay out" in told
    assert "2 months have no post: 2020-03, 2020-04." in told
    assert "1 rows have no time that can be read, and will be refused." in told
    assert (market.forum.first_month, market.sample.end) == ("2020-01", "2020-05")
    assert (len(read.posts), len(read.rejected), read.outside) == (4, 1, 1)


def test_a_file_of_titles_alone_is_read_as_that(own, tmp_path):
    frame = posts().rename(columns={"text": "Title"})
    _, _, read = drafted(own, put(frame, tmp_path))
    assert not read.posts["text_is_full"].any()


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (pd.DataFrame({"a": [1, 2], "text": TEXTS[:2]}), "no column holds the times"),
        (pd.DataFrame({"time": TIMES[:2], "n": [5, 6]}), "no column holds the texts"),
        (posts(published_at=["2090-01-01"] * 3), "is past"),
    ],
    ids=["no time", "no text", "future"],
)
def test_what_is_no_file_of_posts_is_refused(tmp_path, frame, words):
    with pytest.raises(SourceError, match=words):
        read_posts(put(frame, tmp_path))


def test_a_panel_prices_and_posts_make_one_market(own, tmp_path):
    series = draft_panel(wide_panel(panel(n_months=96), tmp_path / "panel"), "mine", "Mine")
    days = pd.bdate_range("2000-01-03", "2009-03-31")
    prices = draft_prices(wide_prices(closes(1, days), tmp_path / "prices"))
    frame = posts(published_at=["2008-01-01", "2008-12-31", "2009-02-01"])
    joined(series, [prices, draft_posts(put(frame, tmp_path), "mine", own)]).write(own)
    market = load_market("mine")
    assert (market.sample.start, market.sample.end) == ("2001-02", "2008-12")
    assert (market.stress.first_test_year, str(market.stress.end)) == (2007, "2009-03-31")
    assert market.monthly
    assert market.first_partition() == min(market.sample.first_vintage, "2008-01")
    assert (len(run_reads(market).posts), run_reads(market).outside) == (2, 1)


def test_posts_that_begin_after_the_panel_need_a_market_of_their_own(own, tmp_path):
    series = draft_panel(wide_panel(panel(n_months=96), tmp_path / "panel"), "mine", "Mine")
    section = draft_posts(put(posts(), tmp_path), "mine", own)
    with pytest.raises(SourceError, match="begin in 2020-01, and the panel ends in 2008-12"):
        joined(series, [section])


def test_prices_and_posts_cover_the_months_of_both(own, tmp_path):
    prices = draft_prices(wide_prices(closes(), tmp_path / "prices"))
    sections = [prices, draft_posts(put(posts(), tmp_path), "mine", own)]
    without_panel("mine", "Mine", sections).write(own)
    market = load_market("mine")
    assert (market.sample.start, market.sample.end) == ("2020-01", "2021-12")
    assert (market.first_partition(), market.posts_alone) == ("2020-01", False)
