"""The reader of CSV rows agrees with the standard library's, and has no limit of the process."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfr_pipeline.errors import SourceError
from sfr_pipeline.opinion import csv_rows as module
from sfr_pipeline.opinion.csv_rows import csv_rows
from sfr_pipeline.opinion.fields import UnreadableRow

PATH = Path("posts.csv")
VALUES = st.text(st.sampled_from('ab天,"\n\r '), max_size=6)


def read(text, separator=","):
    return list(csv_rows(io.StringIO(text, newline=""), PATH, separator))


@given(
    st.lists(st.lists(VALUES, min_size=2, max_size=4), max_size=5),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_what_was_written_is_read_again(rows, end):
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    assert [row for _, row in read(written.getvalue())] == rows


@given(st.text(st.sampled_from('a,"\n'), max_size=14))
def test_any_text_is_read_as_the_standard_library_reads_it(text):
    """Up to the first row whose quotes do not match: behind it the two go on differently."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        expected = [row for row in rows if row and row != [""]]
    except csv.Error:
        expected = None
    try:
        found = [row for _, row in read(text)]
    except SourceError:
        found = None
    if expected is None:
        assert found is None or any(isinstance(row, UnreadableRow) for row in found)
    else:
        assert found == expected


def test_a_row_says_in_which_line_it_begins():
    assert read('a,"b\nc"\n\nd"e,f\n"x"y,z\ng,h') == [
        (1, ["a", "b\nc"]),
        (4, ['d"e', "f"]),
        (5, UnreadableRow(module.MISQUOTED, 5)),
        (6, ["g", "h"]),
    ]


def test_another_sign_separates_and_commas_are_text():
    assert read('a,b;c\n"d;e";f,g;"h"\nk;"l",m\n', ";") == [
        (1, ["a,b", "c"]),
        (2, ["d;e", "f,g", "h"]),
        (3, UnreadableRow(module.MISQUOTED, 3)),
    ]


def test_a_quote_that_never_closes_is_found_before_it_fills_the_memory(monkeypatch):
    with pytest.raises(SourceError, match=r"posts\.csv .* line 2 never closes"):
        read('a,b\n"c,d\ne,f\n')
    monkeypatch.setattr(module, "LONGEST_ROW", 50)
    with pytest.raises(SourceError, match="line 1 never closes"):
        read('"' + "x\n" * 100 + '"\n')
