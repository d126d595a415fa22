"""Exported posts: files of many forms become the rows that the validation judges."""

import json
import os

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.opinion.exports import read_exports
from sfr_pipeline.opinion.npoi import npoi_tables
from sfr_pipeline.opinion.posts import validate_all
from sfr_pipeline.opinion.texts import MAX_CHARACTERS
from sfr_pipeline.storage.tables.opinion import NPOI, POSTS, POSTS_REJECTED, SENTIMENT
from sfr_pipeline.storage.validation import conform, violations

CSV = """published_at,text,reads,likes
2020-01-05 10:00:00,大盘,"1,480",3
2020-01-05,"两
行",1.2万,
2020/2/7 9:30,跌,5,-
2020-01-05 10:00:00,大盘,7,0
nonsense,涨,1,1
2020-03-01,涨,-1,1
"""
MONTHS = ["2020-01", "2020-02", "2020-03"]
NOW = pd.Timestamp("2021-01-01")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "posts.csv").write_text(CSV, encoding="utf-8")
    return tmp_path


def read(folder, columns=None):
    return dict(read_exports(folder, columns or {}, "600519"))


def validated(folder, columns=None, months=MONTHS):
    result = validate_all(read_exports(folder, columns or {}, "600519"), months, NOW)
    assert violations(POSTS, result.posts) == []
    assert violations(POSTS_REJECTED, result.rejected) == []
    return result


def index_without_model(folder, posts):
    """Tables of the index from posts that a stub finds the more pleasant the longer they are."""
    sentiment = posts[["post_id", "published_at"]].assign(
        p_positive=posts["text"].str.len().clip(upper=40) / 40, p_neutral=0.0, scorer="stub@0/fp32"
    )
    sentiment["p_negative"] = 1 - sentiment["p_positive"]
    sentiment["score"] = sentiment["p_positive"] - sentiment["p_negative"]
    files = []
    for table, rows in ((POSTS, posts), (SENTIMENT, sentiment)):
        files.append(folder / f"{table.name}.parquet")
        pq.write_table(conform(table, rows), files[-1])
    result = npoi_tables(files[:1], files[1:])
    assert violations(NPOI, result["npoi"]) == []
    return result


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


@pytest.mark.parametrize(
    ("content", "columns", "message"),
    [
        (
            "when,text\n1,2\n",
            {},
            r"no column published_at \(looked for as 'published_at'\); it has",
        ),
        ("published_at,body\n1,2\n", {}, "no column text .*forum.exports.columns"),
        ("published_at,text\n1,2\n", {"reads": "views"}, "no column reads .looked for as 'views'"),
        ("published_at,text\n1,2\n", {"views": "reads"}, "columns names views: what it can name"),
        ("published_at;text\n2020-01-01;a,b\n", {}, "separated by semicolons, not by commas"),
        ("published_at\ttext\n2020-01-01\ta\n", {}, "separated by tabs, not by commas"),
        ("published_at,text,text\n1,2,3\n", {}, "several columns called text: rename"),
        (
            'published_at,text\n2020-01-01,a\n2020-01-01,"a\n2020-01-01,a\n',
            {},
            "row that begins in line 3 never closes",
        ),
        ("", {}, "can't be read as CSV: it has no header"),
        (b"published_at,text\n2020-01-01,\xff\xfe\n", {}, "neither UTF-8 nor GB18030"),
    ],
)
def test_a_csv_file_that_cannot_be_used_is_named(tmp_path, content, columns, message):
    content = content if isinstance(content, bytes) else content.encode()
    (tmp_path / "posts.csv").write_bytes(content)
    with pytest.raises(SourceError, match=message) as caught:
        read(tmp_path, columns)
    assert "posts.csv" in str(caught.value) or "columns names" in str(caught.value)


def test_a_parquet_file_that_cannot_be_used_is_named(tmp_path):
    (tmp_path / "posts.parquet").write_bytes(b"PAR1 but no more")
    with pytest.raises(SourceError, match=r"posts\.parquet can't be read as Parquet"):
        read(tmp_path)
    times = pa.array(["2020-01-01"])
    broken = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe")]
    )
    for columns, names, message in (
        ([times, broken], ["published_at", "text"], "can't be read as Parquet: export it again"),
        ([times] * 3, ["published_at", "text", "text"], "several columns called text: rename"),
        ([], [], "has no column"),
    ):
        pq.write_table(pa.table(columns, names=names), tmp_path / "posts.parquet")
        with pytest.raises(SourceError, match=rf"posts\.parquet.* {message}"):
            read(tmp_path)


def test_a_name_that_no_table_can_hold_is_an_error(tmp_path):
    path = os.fsencode(tmp_path) + b"/\xffposts.csv"
    try:
        with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(CSV)
    except OSError:
        pytest.skip("this file system takes no such name")
    with pytest.raises(SourceError, match=r"udcffposts\.csv.*rename it") as caught:
        read(tmp_path)
    str(caught.value).encode()


def test_rows_that_do_not_fit_the_header_are_refused_one_by_one(tmp_path):
    text = """published_at,text,reads
2020-01-01,a,1
2020-01-02,b,with a comma,2

2020-01-03
2020-01-04,"he said "sell" today",3
2020-01-05,"c, d",4
"""
    (tmp_path / "posts.csv").write_text(text, encoding="utf-8")
    result = validated(tmp_path)
    assert result.posts["text"].tolist() == ["a", "c, d"]
    rejected = result.rejected
    assert rejected["position"].tolist() == [2, 3, 4]
    assert rejected["reason"].tolist() == [
        "it has more or fewer fields than the header",
        "it has more or fewer fields than the header",
        "its quotes do not match (a quote within a value must stand twice)",
    ]
    assert json.loads(rejected["raw"][0]) == {"line": "2020-01-02,b,with a comma,2"}
    assert rejected["post_id"].isna().all()


def test_a_value_of_ten_million_characters_is_read(tmp_path):
    (tmp_path / "posts.csv").write_text(
        "published_at,text\n2020-01-01," + "天" * 10_000_000, encoding="utf-8"
    )
    assert validated(tmp_path).posts["text"].str.len().tolist() == [MAX_CHARACTERS]


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


def test_a_missing_or_empty_folder_is_named(tmp_path):
    with pytest.raises(SourceError, match=r"there is no folder .*exports"):
        read(tmp_path / "exports")
    with pytest.raises(SourceError, match=r"holds no \.csv or \.parquet file"):
        read(tmp_path)


def test_null_bytes_and_quotes_in_a_csv_stop_nothing(tmp_path):
    text = 'published_at,text\n2020-01-01,"a ""b"" \x00<script>"\n2020-01-01,👍🏽 שלום\n'
    (tmp_path / "posts.csv").write_text(text, encoding="utf-8")
    assert validated(tmp_path).posts["text"].tolist() == ['a "b" <script>', "👍🏽 שלום"]


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
