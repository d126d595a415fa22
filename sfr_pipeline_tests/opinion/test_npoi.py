"""The index against the paper's formulas, by hand and post by post."""

import math
import statistics

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfr_pipeline.errors import NotMaterializedError
from sfr_pipeline.opinion.npoi import npoi_tables
from sfr_pipeline.storage.tables.opinion import (
    INTERACTIONS,
    LARGEST_COUNT,
    NPOI,
    NPOI_SCALING,
    POSTS,
    SENTIMENT,
    VARIANTS,
)
from sfr_pipeline.storage.validation import conform, violations

OMEGA = dict(zip(INTERACTIONS, (0.1, 0.3, 0.3, 0.3), strict=True))


def opinions(rows):
    """Posts with scores: rows of (time, score, reads, likes, comments, shares)."""
    columns = ["published_at", "score", *INTERACTIONS]
    frame = pd.DataFrame(rows, columns=columns, dtype=object)  # large counts are no floats
    frame["published_at"] = pd.to_datetime(frame["published_at"], format="ISO8601").astype(
        "datetime64[us]"
    )
    frame["post_id"] = [f"{i:09d}" for i in range(len(frame))]
    return frame.astype(dict.fromkeys(INTERACTIONS, "Int64")).astype({"score": float})


def stored(folder, frame, order=None):
    """Monthly files of tables ``posts`` and ``sentiment``, rows in the order given."""
    posts = frame[["post_id", "published_at", *INTERACTIONS]].assign(
        bar="600519",
        kind=0,
        text="大盘",
        text_is_full=True,
        automatic=False,
        retrieved_at=None,
        origin="https://forum.example",
    )
    sentiment = frame[["post_id", "published_at", "score"]].assign(
        p_positive=(1 + frame["score"]) / 2,
        p_negative=(1 - frame["score"]) / 2,
        p_neutral=0.0,
        scorer=frame.get("scorer", "stub@0/fp32"),
    )
    files = []
    for table, rows in ((POSTS, posts), (SENTIMENT, sentiment)):
        files.append([])
        for month, part in rows.groupby(rows["published_at"].dt.strftime("%Y-%m")):
            path = folder / table.name / f"month={month}" / "part-0.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            content = conform(table, part)
            if order is not None:
                content = content.take(order.permutation(len(content)))
            pq.write_table(content, path, row_group_size=500)
            files[-1].append(path)
    return files


def computed(folder, frame, **options):
    result = npoi_tables(*stored(folder, frame), **options)
    assert violations(NPOI, result["npoi"]) == []
    assert violations(NPOI_SCALING, result["npoi_scaling"]) == []
    return result


def index_of(result, variant):
    rows = result["npoi"]
    return rows[rows["variant"] == variant].set_index("ref_date")


def random_opinions(seed, n_posts=2000, n_months=8, missing=0.2):
    rng = np.random.default_rng(seed)
    hours = rng.integers(0, n_months * 30 * 24, n_posts)
    frame = opinions(
        {
            "published_at": pd.Timestamp("2020-01-01") + pd.to_timedelta(np.sort(hours), "h"),
            "score": rng.uniform(-1, 1, n_posts),
            **{
                name: np.floor(np.exp(rng.normal(4, 1.3, n_posts))).astype(int)
                for name in INTERACTIONS
            },
        }
    )
    for name in INTERACTIONS:
        frame.loc[rng.random(n_posts) < missing, name] = pd.NA
    return frame


def post_by_post(frame):
    """The formulas of section 2.2 in plain Python, one post after another."""
    frame = frame.assign(month=frame["published_at"].dt.to_period("M"))
    months = sorted(frame["month"].unique())
    rows = {}
    for variant in VARIANTS:
        for month in months:
            ends = {
                name: _ends(
                    frame if variant == "paper" else frame[frame["month"] <= month], name, variant
                )
                for name in INTERACTIONS
            }
            posts = frame[frame["month"] == month].to_dict("records")
            weights = [_weight(post, ends, variant) for post in posts]
            scores = [post["score"] for post in posts]
            n, total = len(posts), math.fsum(weights)
            top = math.fsum(sorted(weights, reverse=True)[: math.ceil(n / 100)])
            rows[variant, month.end_time.normalize()] = {
                "npoi": math.fsum(s * w for s, w in zip(scores, weights, strict=True)) / n,
                "n_posts": n,
                "mean_score": math.fsum(scores) / n,
                "mean_weight": total / n,
                "top_weight_share": top / total if total else math.nan,
                "share_missing": sum(pd.isna(p[k]) for p in posts for k in INTERACTIONS) / (4 * n),
            }
    return pd.DataFrame.from_dict(rows, orient="index")


def _ends(known, name, variant):
    counts = known[name].dropna()
    if counts.empty:
        return 0, 0
    if variant != "robust":
        return int(counts.min()), int(counts.max())
    usual = [sorted(c)[math.ceil(99 * len(c) / 100) - 1] for _, c in counts.groupby(known["month"])]
    return 0, statistics.median(map(int, usual))


def _weight(post, ends, variant):
    present = [name for name in INTERACTIONS if not pd.isna(post[name])]
    parts = []
    for name in present:
        low, high = ends[name]
        if high == low:
            continue
        if variant == "robust":
            parts.append(OMEGA[name] * min(math.log1p(post[name]) / math.log1p(high), 1))
        else:
            parts.append(OMEGA[name] * (post[name] - low) / (high - low))
    return sum(parts) / sum(OMEGA[name] for name in present) if present else 0.0


def assert_follows_the_formulas(result, frame, rtol=1e-12):
    found = result["npoi"].set_index(["variant", "ref_date"])
    expected = post_by_post(frame)
    assert list(found.index) == list(expected.index)
    for column in expected:
        np.testing.assert_allclose(
            found[column], expected[column].astype(float), rtol=rtol, atol=1e-14, err_msg=column
        )


def test_a_small_sample_by_hand(tmp_path):
    frame = opinions(
        [
            ("2020-01-05", 1.0, 100, 10, 4, 0),
            ("2020-01-31 23:59:59", -0.5, 0, None, 2, 0),
            ("2020-02-01", 0.5, 200, 0, 0, 0),
        ]
    )
    result = computed(tmp_path, frame)
    paper, real_time, robust = (index_of(result, variant) for variant in VARIANTS)
    # Reads run from 0 to 200, likes from 0 to 10, comments from 0 to 4; shares are all 0.
    first, second, third = 0.1 * 0.5 + 0.3 + 0.3, (0.3 * 0.5) / 0.7, 0.1
    expected = [(first - 0.5 * second) / 2, 0.5 * third]
    assert paper["npoi"].to_list() == pytest.approx(expected, rel=1e-15)
    assert paper["mean_weight"].to_list() == pytest.approx([(first + second) / 2, third])
    assert paper["top_weight_share"].to_list() == pytest.approx([first / (first + second), 1])
    assert paper["mean_score"].to_list() == [0.25, 0.5]
    assert paper["n_posts"].to_list() == [2, 1]
    assert paper["share_missing"].to_list() == [1 / 8, 0]
    # In January the largest read count was 100, likes were all 10, comments ran from 2 to 4.
    expected = [(1.0 * (0.1 + 0.3) - 0.5 * 0) / 2, 0.5 * third]
    assert real_time["npoi"].to_list() == pytest.approx(expected, rel=1e-15)
    # The 99 % quantile of two counts is the larger; February's high is a median of two months.
    second = 0.3 * math.log(3) / math.log(5) / 0.7
    expected = [(0.1 + 0.3 + 0.3 - 0.5 * second) / 2, 0.5 * 0.1]
    assert robust["npoi"].to_list() == pytest.approx(expected, rel=1e-15)
    scaling = result["npoi_scaling"].set_index(["variant", "ref_date", "interaction"])
    january, february = pd.Timestamp("2020-01-31"), pd.Timestamp("2020-02-29")
    assert scaling.loc[("paper", january, "reads")].to_list() == [0, 200, 0]
    assert scaling.loc[("real_time", january, "comments")].to_list() == [2, 4, 0]
    assert scaling.loc[("real_time", february, "comments")].to_list() == [0, 4, 0]
    assert scaling.loc[("robust", february, "likes")].to_list() == [0, 5, 0]
    assert scaling.loc[("paper", january, "likes")].to_list() == [0, 10, 0.5]


COUNT = st.one_of(st.none(), st.integers(0, 5), st.integers(0, 10_000))
SAMPLES = st.lists(
    st.tuples(
        st.datetimes(pd.Timestamp("2020-01-01"), pd.Timestamp("2020-05-01")),
        st.floats(-1, 1),
        COUNT,
        COUNT,
        COUNT,
        COUNT,
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=12, deadline=None)
@given(rows=SAMPLES, absent=st.sets(st.sampled_from(INTERACTIONS)))
def test_any_sample_follows_the_formulas(tmp_path_factory, rows, absent):
    frame = opinions(rows)
    for name in absent:
        frame[name] = pd.array([pd.NA] * len(frame), dtype="Int64")
    result = computed(tmp_path_factory.mktemp("sample"), frame)
    assert_follows_the_formulas(result, frame)


def test_the_largest_counts_break_nothing(tmp_path):
    largest = LARGEST_COUNT
    frame = opinions(
        [
            ("2020-01-05", 1.0, largest, largest, largest, largest),
            ("2020-01-06", 1.0, 0, 1, None, largest),
            ("2020-02-06", 1.0, 100, 1, 1, 1),
        ]
    )
    assert_follows_the_formulas(computed(tmp_path, frame), frame, rtol=1e-9)


def test_a_large_sample_follows_the_formulas(tmp_path):
    frame = random_opinions(seed=1)
    assert_follows_the_formulas(computed(tmp_path, frame), frame)


@pytest.mark.parametrize("n", [1, 2, 99, 100, 101, 199, 200, 201, 1000, 1001])
def test_the_top_percent_is_rounded_up_and_the_quantile_is_a_count(tmp_path, n):
    counts = range(1, n + 1)
    frame = opinions([("2020-01-05", 0.1, count, None, None, None) for count in counts])
    result = computed(tmp_path, frame)
    high = result["npoi_scaling"].set_index(["variant", "interaction"]).loc[("robust", "reads")]
    assert high["high"] == math.ceil(99 * n / 100)
    if n > 1:
        heaviest = sum(sorted(counts)[-math.ceil(n / 100) :]) - math.ceil(n / 100)
        share = index_of(result, "paper")["top_weight_share"].item()
        assert share == pytest.approx(heaviest / (sum(counts) - n), rel=1e-12)


def test_without_likes_and_shares_the_others_carry_the_weight(tmp_path):
    frame = random_opinions(seed=2, missing=0)
    for name in ("likes", "shares"):
        frame[name] = pd.array([pd.NA] * len(frame), dtype="Int64")
    result = computed(tmp_path, frame)
    assert_follows_the_formulas(result, frame)
    assert set(result["npoi"]["share_missing"]) == {0.5}
    scaling = result["npoi_scaling"]
    absent = scaling["interaction"].isin(["likes", "shares"])
    assert scaling[absent][["low", "high"]].isna().all(axis=None)
    assert scaling[~absent][["low", "high"]].notna().all(axis=None)


def test_posts_without_any_count_weigh_nothing(tmp_path):
    frame = opinions([("2020-01-05", 1.0, None, None, None, None)])
    rows = computed(tmp_path, frame)["npoi"]
    assert (rows["npoi"] == 0).all()
    assert rows["top_weight_share"].isna().all()
    assert (rows["share_missing"] == 1).all()


@pytest.mark.parametrize("variant", ["real_time", "robust"])
def test_later_months_leave_earlier_ones_bit_identical(tmp_path, variant):
    frame = random_opinions(seed=3)
    cut = pd.Timestamp("2020-05-01")
    poisoned = frame.copy()
    late = poisoned["published_at"] >= cut
    poisoned.loc[late, "score"] *= -1
    for name in INTERACTIONS:
        poisoned[name] = poisoned[name].where(~late, poisoned[name] * 1_000_000)
    poisoned = poisoned.drop(poisoned.index[late.to_numpy()][::3])
    for name in ("npoi", "npoi_scaling"):
        clean, changed = (
            rows[(rows["variant"] == variant) & (rows["ref_date"] < cut)].reset_index(drop=True)
            for rows in (
                computed(tmp_path / "a", frame)[name],
                computed(tmp_path / "b", poisoned)[name],
            )
        )
        assert len(clean) > 0
        pd.testing.assert_frame_equal(clean, changed, check_exact=True)


def test_one_viral_post_moves_the_paper_s_index_and_not_the_robust_one(tmp_path):
    frame = random_opinions(seed=4, n_posts=6000, missing=0)
    viral = frame.copy()
    for name in INTERACTIONS:
        viral.loc[3000, name] *= 1_000_000
    others = frame.loc[3000, "published_at"].to_period("M").end_time.normalize()
    before, after = (
        computed(tmp_path / name, rows) for name, rows in (("before", frame), ("after", viral))
    )
    ratio = {
        variant: (
            index_of(after, variant)["npoi"].drop(others)
            / index_of(before, variant)["npoi"].drop(others)
        )
        for variant in VARIANTS
    }
    assert (ratio["robust"] - 1).abs().max() < 1e-3
    assert ratio["paper"].abs().max() < 1e-3


def test_order_of_rows_and_files_and_threads_change_no_bit(tmp_path):
    frame = random_opinions(seed=5, n_posts=9000)
    expected = computed(tmp_path / "a", frame, threads=1)
    posts, sentiment = stored(tmp_path / "b", frame, order=np.random.default_rng(0))
    shuffled = npoi_tables(posts[::-1], sentiment[3:] + sentiment[:3], threads=4)
    small = npoi_tables(posts, sentiment, memory_limit="100MB")
    for name in expected:
        pd.testing.assert_frame_equal(shuffled[name], expected[name], check_exact=True)
        pd.testing.assert_frame_equal(small[name], expected[name], check_exact=True)


def test_brackets_in_a_path_are_part_of_its_name(tmp_path):
    frame = random_opinions(seed=6, n_posts=50)
    stored(tmp_path / "run1 x", random_opinions(seed=7, n_posts=50))  # what a pattern would find
    assert_follows_the_formulas(computed(tmp_path / "run[1] *", frame), frame)


def test_posts_without_sentiment_are_an_error_that_names_their_months(tmp_path):
    frame = random_opinions(seed=7, n_posts=100)
    posts, sentiment = stored(tmp_path, frame)
    with pytest.raises(NotMaterializedError, match=r"2020-02 \(\d+ of \d+\).*materialize sentim"):
        npoi_tables(posts, sentiment[:1] + sentiment[2:])
    with pytest.raises(NotMaterializedError, match="materialize sentiment first"):
        npoi_tables(posts, [])
    with pytest.raises(NotMaterializedError, match="materialize posts first"):
        npoi_tables([], [])


def test_a_post_whose_time_changed_must_be_read_again(tmp_path):
    frame = random_opinions(seed=8, n_posts=100)
    _, sentiment = stored(tmp_path / "old", frame)
    frame.loc[0, "published_at"] += pd.Timedelta(seconds=1)
    posts, _ = stored(tmp_path / "new", frame)
    with pytest.raises(NotMaterializedError, match=r"2020-01 \(1 of"):
        npoi_tables(posts, sentiment)


def test_sentiment_of_posts_that_are_gone_is_passed_over(tmp_path):
    frame = random_opinions(seed=9, n_posts=100)
    _, sentiment = stored(tmp_path / "all", frame)
    posts, _ = stored(tmp_path / "some", frame[::2])
    assert_follows_the_formulas(npoi_tables(posts, sentiment), frame[::2])


def test_the_index_names_what_read_the_posts(tmp_path):
    frame = random_opinions(seed=11, n_posts=300, n_months=3)
    second = frame["published_at"].dt.month == 2
    frame["scorer"] = "team/model@1/bf16"
    frame.loc[second & (frame.index % 2 == 0), "scorer"] = "team/model@1/fp32"
    result = computed(tmp_path, frame)
    for variant in VARIANTS:
        assert index_of(result, variant)["scorer"].tolist() == [
            "team/model@1/bf16",
            "team/model@1/bf16,fp32",
            "team/model@1/bf16",
        ]


def test_posts_read_by_different_models_are_refused(tmp_path):
    frame = random_opinions(seed=12, n_posts=600, n_months=6)
    month = frame["published_at"].dt.month
    frame["scorer"] = "team/model@1/fp32"
    frame.loc[month.isin([1, 2, 5]), "scorer"] = "team/model@2/fp32"
    posts, sentiment = stored(tmp_path, frame)
    said = (
        r"team/model@2 in 2020-01 to 2020-02, 2020-05; "
        r"team/model@1 in 2020-03 to 2020-04, 2020-06: materialize sentiment again"
    )
    with pytest.raises(NotMaterializedError, match=said):
        npoi_tables(posts, sentiment)
    # What another model said of posts that are gone does not count.
    posts, _ = stored(tmp_path / "some", frame[~month.isin([1, 2, 5])])
    assert set(npoi_tables(posts, sentiment)["npoi"]["scorer"]) == {"team/model@1/fp32"}


def test_months_without_posts_have_no_row(tmp_path):
    frame = random_opinions(seed=10)
    frame = frame[frame["published_at"].dt.month != 3]
    posts, sentiment = stored(tmp_path, frame)
    empty = []
    for table in (POSTS, SENTIMENT):
        empty.append(tmp_path / f"{table.name}.parquet")
        pq.write_table(table.arrow_schema().empty_table(), empty[-1])
    result = npoi_tables([*posts, empty[0]], [*sentiment, empty[1]])
    assert_follows_the_formulas(result, frame)
    with pytest.raises(NotMaterializedError, match="all empty"):
        npoi_tables(empty[:1], empty[1:])
