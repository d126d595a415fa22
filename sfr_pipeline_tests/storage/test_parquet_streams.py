"""Months written and read piece by piece: the same store, for months larger than memory."""

import pandas as pd
import pytest

from sfr_pipeline.errors import ContractError, NotMaterializedError
from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline_tests.storage.samples import VINTAGES, vintages_frame


@pytest.fixture
def store(tmp_path):
    return ParquetStore(tmp_path)


def halves():
    frame = vintages_frame("2020-01")
    return [frame.iloc[:2], frame.iloc[2:]]


def pieces(store, **options):
    return list(store.read_month("us", VINTAGES, "2020-01", **options))


def test_a_month_in_pieces_reads_like_the_month_in_one(store):
    result = store.write_month("us", VINTAGES, "2020-01", iter(halves()))
    assert result.rows == 3
    assert result.bytes == result.files[0].stat().st_size
    in_pieces = store.read("us", VINTAGES)
    store.write("us", VINTAGES, vintages_frame("2020-01"))
    pd.testing.assert_frame_equal(in_pieces, store.read("us", VINTAGES))


def test_reading_in_pieces_loses_and_changes_nothing(store):
    store.write("us", VINTAGES, vintages_frame("2020-01", "2020-02"))
    found = pieces(store, rows=2)
    assert [len(piece) for piece in found] == [2, 1]
    whole = store.read("us", VINTAGES, ["2020-01"])
    pd.testing.assert_frame_equal(pd.concat(found, ignore_index=True), whole)
    assert list(pieces(store, columns=["sfri"])[0]) == ["sfri"]


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_rows_are_found_by_their_places_in_whatever_pieces_they_were_written(store, at_once):
    frame = vintages_frame("2020-01")
    written = [frame.iloc[start : start + at_once] for start in range(0, len(frame), at_once)]
    store.write_month("us", VINTAGES, "2020-01", written)
    whole = store.read("us", VINTAGES)
    for first in range(4):
        for stop in range(first, 5):
            found = store.read_rows("us", VINTAGES, "2020-01", first, stop, ["sfri"])
            expected = whole[["sfri"]].iloc[first:stop].reset_index(drop=True)
            pd.testing.assert_frame_equal(found, expected)


def test_a_month_without_rows_is_written(store):
    assert store.write_month("us", VINTAGES, "2020-01", []).rows == 0
    assert store.months("us", VINTAGES) == ["2020-01"]
    assert sum(map(len, pieces(store))) == 0


@pytest.mark.parametrize(
    ("frames", "complaint"),
    [
        (halves()[::-1], "does not follow"),
        ([halves()[0], halves()[0]], "does not follow"),
        ([vintages_frame("2020-02")], "outside the month 2020-01"),
        ([halves()[0], halves()[1].assign(sfri=float("inf"))], "infinite"),
    ],
)
def test_a_bad_piece_leaves_what_was_there(store, frames, complaint):
    store.write("us", VINTAGES, vintages_frame("2020-01", level=7.0))
    with pytest.raises(ContractError, match=complaint):
        store.write_month("us", VINTAGES, "2020-01", frames)
    assert store.read("us", VINTAGES)["sfri"].tolist() == [7.0, 8.0, 9.0]
    assert list(store.root.rglob("*.tmp")) == []


def test_a_month_that_was_never_written_is_named(store):
    with pytest.raises(NotMaterializedError, match="materialize"):
        pieces(store)
