"""Exported posts: files of many forms become the rows that the validation judges."""

import pandas as pd
import pytest

from sfr_pipeline.opinion.exports import read_exports
from sfr_pipeline.opinion.posts import validate_all
from sfr_pipeline_tests.opinion.exported import (
    CSV,
    MONTHS,
    NOW,
    index_without_model,
    read,
    validated,
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "posts.csv").write_text(CSV, encoding="utf-8")
    return tmp_path


def test_a_csv_file_becomes_posts_and_rejected_rows(folder):
    result = validated(folder)
    assert (len(result.posts), len(result.rejected), result.outside) == (4, 2, 0)
    posts = result.posts
    assert posts["text"].tolist() == ["大盘", "两 行", "跌", "大盘"]
    assert posts["reads"].tolist() == [1480, 12_000, 5, 7]
    assert posts["likes"].astype(object).where(posts["likes"].notna(), None).tolist() == [
        3,
        None,
        None,
        0,
    ]
    assert posts[["comments", "shares"]].isna().all(axis=None)
    assert set(posts["bar"]) == {"600519"}
    assert set(posts["origin"]) == {"posts.csv"}
    assert posts["text_is_full"].all()
    assert result.rejected["position"].tolist() == [5, 6]


def test_counts_reconcile_from_files_to_index(folder, tmp_path_factory):
    (folder / "later.csv").write_text("published_at,text,bar\n2020-09-01,x,1\n,y,1\n", "utf-8")
    result = validated(folder)
    assert result.delivered == 8
    assert result.outside == 2
    tables = index_without_model(tmp_path_factory.mktemp("stored"), result.posts)
    paper = tables["npoi"][tables["npoi"]["variant"] == "paper"]
    assert paper["n_posts"].tolist() == [3, 1]
    assert paper["n_posts"].sum() == len(result.posts)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_the_encodings_of_spreadsheets_are_read(folder, encoding):
    expected = validated(folder).posts
    (folder / "posts.csv").write_bytes(CSV.encode(encoding))
    pd.testing.assert_frame_equal(validated(folder).posts, expected)


def test_parquet_gives_the_posts_that_csv_gives(folder, tmp_path):
    expected = validated(folder).posts
    frame = pd.read_csv(folder / "posts.csv")
    (folder / "posts.csv").unlink()
    frame.to_parquet(folder / "posts.parquet")
    found = validated(folder).posts
    pd.testing.assert_frame_equal(
        found.drop(columns="origin"), expected.drop(columns="origin"), check_dtype=False
    )


def test_types_of_a_parquet_file_survive(tmp_path):
    big = 2**60 + 1
    frame = pd.DataFrame(
        {
            "post_id": pd.array([big, None], dtype="Int64"),
            "published_at": pd.to_datetime(["2020-01-05 10:00:00.5", None]),
            "text": ["a", "b"],
            "reads": pd.array([None, big], dtype="Int64"),
            "comments": [1.0, 2.0],
        }
    )
    frame.to_parquet(tmp_path / "posts.parquet")
    result = validated(tmp_path)
    assert result.posts["post_id"].item() == str(big)
    assert result.posts["published_at"].item() == pd.Timestamp("2020-01-05 10:00:00.5")
    assert result.posts["reads"].isna().all()
    assert result.rejected["reason"].item() == "its time of publication is missing"


def test_files_come_in_the_order_of_their_names(folder):
    (folder / "2019").mkdir()
    for name in ("z.csv", "a.CSV", "2019/m.csv"):
        (folder / name).write_text(CSV, encoding="utf-8")
    for name in ("notes.txt", ".hidden.csv"):
        (folder / name).write_text("x", encoding="utf-8")
    assert list(read(folder)) == ["2019/m.csv", "a.CSV", "posts.csv", "z.csv"]


def test_equal_rows_of_a_file_are_different_posts(folder):
    ids = read(folder)["posts.csv"]["post_id"]
    assert ids.is_unique
    first, fourth = ids.iloc[[0, 3]]
    assert first.rpartition("-")[0] == fourth.rpartition("-")[0]
    assert (first[-2:], fourth[-2:]) == ("-1", "-2")


def test_an_overlap_of_two_files_counts_once(folder):
    header, *rows = CSV.splitlines(keepends=True)
    (folder / "more.csv").write_text(
        header + "2020-02-08,new,1,1\n" + "".join(rows[:3]), encoding="utf-8"
    )
    result = validated(folder)
    assert len(result.posts) == 5
    assert result.rejected["reason"].tolist().count("another row has the same post_id") == 2
    assert result.delivered == 6 + 3


def test_identifiers_depend_on_board_time_and_text_alone(folder):
    expected = read(folder)["posts.csv"]["post_id"].tolist()
    frame = pd.read_csv(folder / "posts.csv", dtype=str)
    changed = frame.assign(reads="9", likes="9")[["likes", "text", "published_at", "reads"]]
    changed.to_csv(folder / "posts.csv", index=False)
    assert read(folder)["posts.csv"]["post_id"].tolist() == expected
    for change in ({"text": "x"}, {"published_at": "2020-01-01"}, {"bar": "1"}):
        frame.assign(**change).to_csv(folder / "posts.csv", index=False)
        assert not set(read(folder)["posts.csv"]["post_id"]) & set(expected)


def test_identifiers_of_the_file_are_kept_and_gaps_are_filled(tmp_path):
    text = "post_id,published_at,text\n17,2020-01-01,a\n,2020-01-01,b\n"
    (tmp_path / "posts.csv").write_text(text, encoding="utf-8")
    first, second = read(tmp_path)["posts.csv"]["post_id"]
    assert first == "17"
    assert second.endswith("-1")


def test_the_catalogue_says_how_columns_are_called(tmp_path):
    text = "when,text,title,board\n2020-01-01,short,the whole story,szzs\n"
    (tmp_path / "posts.csv").write_text(text, encoding="utf-8")
    columns = {"published_at": "when", "text": "title", "title": "text", "bar": "board"}
    post = validated(tmp_path, columns).posts
    assert post["text"].item() == "short the whole story"
    assert post["bar"].item() == "szzs"
    # A column that is claimed under another name loses its own meaning.
    columns = {"published_at": "when", "title": "text"}
    rows = read(tmp_path, columns)["posts.csv"]
    assert rows["title"].item() == "short"
    assert "content" not in rows
    assert not validated(tmp_path, columns).posts["text_is_full"].item()


def test_text_that_reads_like_a_missing_value_is_text(tmp_path):
    (tmp_path / "posts.csv").write_text(
        "published_at,text,reads\n2020-01-01,NA,NA\n2020-01-01,null,\n", encoding="utf-8"
    )
    posts = validated(tmp_path).posts
    assert posts["text"].tolist() == ["NA", "null"]
    assert posts["reads"].isna().all()


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_chunks_make_no_difference(folder, suffix):
    if suffix == "parquet":
        pd.read_csv(folder / "posts.csv").to_parquet(folder / "posts.parquet")
        (folder / "posts.csv").unlink()
    whole = validate_all(read_exports(folder, {}, "600519"), MONTHS, NOW)
    chunks = list(read_exports(folder, {}, "600519", chunk=2))
    assert [len(rows) for _, rows in chunks if len(rows)] == [2, 2, 2]
    found = validate_all(chunks, MONTHS, NOW)
    pd.testing.assert_frame_equal(found.posts, whole.posts)
    pd.testing.assert_frame_equal(found.rejected, whole.rejected)


@pytest.mark.faults  # made-up posts of every form are read above
def test_29_614_real_posts_without_likes_and_shares(shared_data, tmp_path):
    (tmp_path / "exports").mkdir()
    source = shared_data / "forum" / "posts" / "guba_sse_2020.parquet"
    (tmp_path / "exports" / source.name).symlink_to(source)
    truth = pd.read_parquet(source)
    columns = {"published_at": "date", "title": "text", "bar": "bar_code"}
    months = [str(month) for month in pd.period_range("2020-01", "2020-12", freq="M")]
    result = validated(tmp_path / "exports", columns, months)
    assert len(truth) == result.delivered == 29_614
    assert len(result.posts) + len(result.rejected) == 29_614
    assert result.posts[["likes", "shares"]].isna().all(axis=None)
    assert not result.posts["text_is_full"].any()
    kept = truth.drop(index=result.rejected["position"] - 1)
    for name in ("reads", "comments"):
        assert result.posts[name].sum() == kept[name].sum()
    tables = index_without_model(tmp_path, result.posts)
    for _, rows in tables["npoi"].groupby("variant"):
        by_month = kept.groupby(kept["date"].dt.to_period("M")).size()
        assert rows["n_posts"].tolist() == by_month.tolist()
        assert (rows["share_missing"] == 0.5).all()
        assert rows["npoi"].notna().all()
    # One month alone, as a monthly run asks for it.
    november = validated(tmp_path / "exports", columns, ["2020-11"])
    assert len(november.posts) + len(november.rejected) == 198
    assert november.outside == 29_614 - 198
