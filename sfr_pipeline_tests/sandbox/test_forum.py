"""The synthetic forum: its sentences, its counts, and every planted fault to the row."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.sandbox import sentences
from sfr_pipeline.sandbox.economy import SAMPLE, economy
from sfr_pipeline.sandbox.forum import FAULTS, make_forum
from sfr_pipeline.sandbox.streams import stream
from sfr_pipeline.scrapers import post_ids

WEIGHTS = {"reads": 0.1, "likes": 0.3, "comments": 0.3, "shares": 0.3}  # the paper's section 2.2


@pytest.fixture(scope="module")
def forum():
    return make_forum()


def test_sentences_have_the_length_of_posts_and_use_known_characters():
    writer = sentences.Writer(stream("test"))
    posts = [writer.post(tone) for tone in ("positive", "negative", "neutral") for _ in range(2000)]
    lengths = [len(post) for post in posts]
    assert min(lengths) >= sentences.SHORTEST
    assert 60 < max(lengths) <= sentences.LONGEST
    assert 12 <= np.median(lengths) <= 30
    assert set("".join(posts)) <= set(sentences.characters())
    assert not any("{" in post or "}" in post for post in posts)


def test_posts_are_spread_over_the_months_and_grow_with_stress(forum):
    months = forum.posts["published"].dt.to_period("M")
    number = months.groupby(months).size()
    assert list(number.index) == list(SAMPLE)
    assert 19_000 < len(forum.posts) < 21_500
    assert number.corr(economy().factor[SAMPLE]) > 0.8
    days = forum.posts["published"].dt.day_of_week.value_counts()
    assert days[5] + days[6] < 0.25 * len(forum.posts)


def test_ids_increase_with_time_and_agree_with_the_real_sites(forum):
    posts = forum.posts
    assert posts["published"].is_monotonic_increasing
    assert (posts["post_id"].diff().iloc[1:] > 0).all()
    for row in posts.iloc[::500].itertuples():
        assert abs(post_ids.estimate(row.post_id) - row.published) < pd.Timedelta(hours=1)


def test_a_shorter_forum_has_the_same_posts(forum):
    short = make_forum("2015-07", "2015-09").posts
    columns = ["post_id", "published", "tone", "text", "kind", "reads", "likes", "comments"]
    same = forum.posts[forum.posts["published"].between("2015-07-01", "2015-10-01")]
    pd.testing.assert_frame_equal(
        short[columns].reset_index(drop=True), same[columns].reset_index(drop=True)
    )


def test_copies_are_as_many_as_on_the_real_site(forum):
    posts = forum.posts
    copied = posts["copied"].mean()
    assert copied == pytest.approx(0.13, abs=0.01)
    month = posts["published"].dt.to_period("M")
    earlier = posts.assign(month=month).duplicated(["month", "tone", "text"])
    assert earlier[posts["copied"]].all()


def test_every_fault_is_planted_as_often_as_it_says(forum):
    planted, shown = forum.planted(), pd.DataFrame(forum.shown(), dtype=object)
    assert list(shown["post_id"]) == list(forum.posts["post_id"])[::-1]
    date = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
    good_date = shown["published"].str.fullmatch(date) & ~shown["published"].str.contains("-13-")
    found = {
        "negative_count": shown["reads"].map(lambda reads: isinstance(reads, int) and reads < 0),
        "count_in_words": shown["reads"].map(lambda reads: isinstance(reads, str)),
        "missing_count": shown["shares"].isna(),
        "broken_date": ~good_date,
        "future_date": shown["published"].str.startswith("2099"),
        "empty_title": shown["text"] == "",
        "script_tag": shown["text"].str.contains("<script>"),
        "null_byte": shown["text"].str.contains("\x00", regex=False),
        "lone_surrogate": shown["text"].map(lambda text: "\ud83d" in text),
        "emoji": shown["text"].str.contains("🚀"),
        "right_to_left": shown["text"].str.contains("\u202e"),
    }
    assert found.keys() == FAULTS.keys()
    assert {name: int(rows.sum()) for name, rows in found.items()} == {
        name: planted[name] for name in FAULTS
    }
    assert {planted[name] for name in FAULTS} == {20}
    assert planted["deleted"] == shown["deleted"].sum() > 100
    assert not (shown["deleted"] & (shown["fault"] != "")).any()
    assert (shown.loc[shown["deleted"], "comments"] > 0).all()


def as_the_crawler_sees(forum):
    """Readable posts with their counts as shown; likes only where a comment led to the page."""
    shown = pd.DataFrame(forum.shown(), dtype=object)
    shown = shown[~shown["fault"].isin(["negative_count", "broken_date", "future_date"])]
    shown = shown.assign(reads=shown["reads"].replace("1.2万", 12_000))
    shown["likes"] = shown["likes"].where((shown["comments"] > 0) & ~shown["deleted"])
    shown = shown.astype({"tone": int})
    return shown.assign(month=pd.to_datetime(shown["published"]).dt.to_period("M").astype(str))


def index_of(posts, score, variant):
    """The NPOI in pandas, by the definitions of its variants."""
    counts = posts[list(WEIGHTS)].astype(float)
    if variant == "robust":
        counts = np.log1p(counts)
        usual = counts.groupby(posts["month"]).quantile(0.99).expanding().median()
        scaled = (counts / usual.loc[posts["month"]].to_numpy()).clip(upper=1)
    else:
        low, high = (counts.groupby(posts["month"]).agg(how) for how in ("min", "max"))
        low, high = (low.cummin(), high.cummax()) if variant == "real_time" else (low * 0, high * 0)
        if variant == "paper":
            low, high = low + counts.min(), high + counts.max()
        low, high = (extreme.loc[posts["month"]].to_numpy() for extreme in (low, high))
        scaled = (counts - low) / (high - low)
    weights = pd.Series(WEIGHTS)
    weight = (scaled * weights).sum(axis=1) / (scaled.notna() * weights).sum(axis=1)
    return (weight * score).groupby(posts["month"]).mean()


@pytest.mark.parametrize("variant", ["paper", "real_time", "robust"])
def test_a_perfect_reader_would_find_the_mood(forum, variant):
    posts = as_the_crawler_sees(forum)
    found = index_of(posts, posts["tone"], variant)
    true = economy().sentiment.rename(str).loc[found.index]
    correlation = found.corr(true)
    print(f"\nNPOI of the true tones against the true sentiment, {variant}: {correlation:.3f}")
    assert correlation >= 0.95
