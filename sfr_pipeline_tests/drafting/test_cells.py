"""What users write for dates and numbers, and what is refused because it has two meanings."""

import datetime as dt

import pytest

from sfr_pipeline.drafting.dates import is_date, read_dates
from sfr_pipeline.drafting.numbers import (
    Cell,
    decimal_of,
    is_missing,
    is_number,
    needs_telling,
    number,
)
from sfr_pipeline.errors import SourceError


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("2020-02-29", "day"), ("2020/2/29", "day"), ("20200229", "day"),
        ("29-Feb-2020", "day"), ("29 February 2020", "day"), ("Feb 29, 2020", "day"),
        ("2020-02-29 00:00:00", "day"), ("2020年2月29日", "day"), ("29.02.2020", "day"),
        ("2/29/2020", "day"), ("29/2/20", "day"),
        ("2020-02", "month"), ("2020M02", "month"), ("2020M2", "month"), ("202002", "month"),
        ("Feb-2020", "month"), ("Feb. 2020", "month"),
        ("February 2020", "month"), ("Feb 20", "month"),
        ("2020 Feb", "month"), ("02/2020", "month"), ("02.2020", "month"), ("2020年2月", "month"),
        ("2020-Q1", "quarter"), ("2020Q1", "quarter"), ("Q1 2020", "quarter"),
        ("1Q2020", "quarter"), ("2020", "year"),
    ],
)  # fmt: skip
def test_dates_of_all_forms_mean_the_same_day_month_quarter_or_year(text, span):
    assert is_date(text)
    start = {"day": (2020, 2, 29), "month": (2020, 2, 1)}.get(span, (2020, 1, 1))
    assert read_dates("f", [(1, text)])[text] == (dt.date(*start), span)


@pytest.mark.parametrize(
    "text",
    ["", "2020-13x", "Source", "3.1415", "0.2020", "May", "x2020", "Market 10", "Decile 10",
     "Marginal 50", "Mayor 20", "Sept", "2020 Juno"],
)  # fmt: skip
def test_other_cells_are_no_dates(text):
    assert not is_date(text)


@pytest.mark.parametrize(
    ("texts", "first"),
    [
        (["01/02/2020", "13/02/2020"], dt.date(2020, 2, 1)),
        (["01/02/2020", "02/13/2020"], dt.date(2020, 1, 2)),
        # Months by their first days: the part that never changes is the day.
        (["02/01/2020", "03/01/2020", "01/01/2021"], dt.date(2020, 2, 1)),
        (["01/02/2020", "01/03/2020", "01/01/2021"], dt.date(2020, 2, 1)),
    ],
)
def test_other_dates_of_the_file_tell_whether_the_day_comes_first(texts, first):
    assert read_dates("f", enumerate(texts))[texts[0]].start == first


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["01/02/2020", "03/04/2020"], "f, row 0: '01/02/2020' can be read .* --dates day-first"),
        (["13/02/2020", "02/13/2020"], "f, row 1: '02/13/2020' has the month first"),
        (["2021-02-29"], "f, row 0: '2021-02-29' is no day of the calendar"),
    ],
)
def test_dates_with_two_meanings_or_none_are_refused(texts, message):
    with pytest.raises(SourceError, match=message):
        read_dates("f", enumerate(texts))


def test_the_user_may_say_which_comes_first():
    dates = read_dates("f", [(1, "01/02/2020"), (2, "03/04/2020")], day_first=True)
    assert dates["03/04/2020"].start == dt.date(2020, 4, 3)


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("1234.5", "point", 1234.5), ("1,234.5", "point", 1234.5), ("1,234,567", "point", 1234567),
        ("1.234,5", "comma", 1234.5), ("1234,5", "comma", 1234.5), ("1 234,5", "comma", 1234.5),
        ("1\u202f234,5", "comma", 1234.5), ("1'234.5", "point", 1234.5), ("3.5 %", "point", 3.5),
        ("(12.5)", "point", -12.5), ("\u22120.5", "point", -0.5), ("1e3", "point", 1000.0),
    ],
)  # fmt: skip
def test_numbers_of_all_forms(text, decimal, value):
    assert is_number(text)
    assert number(text, decimal) == value


@pytest.mark.parametrize("text", ["..", "n/a", "-", "", "…", ":", "NA", "n.a.", "–", "#N/A"])
def test_signs_for_nothing_are_missing(text):
    assert is_missing(text)
    assert number(text, "point") != number(text, "point")


@pytest.mark.parametrize("text", ["12.3 p", "8.1*", "1,2,3", "12.34.5", "one", "e5"])
def test_other_cells_are_no_numbers(text):
    with pytest.raises(ValueError, match="is no number"):
        number(text, "point")


@pytest.mark.parametrize(
    ("texts", "decimal"),
    [
        (["1,5", "2,25"], "comma"), (["1.5", "1,234"], "point"), (["0,125", "1,234"], "comma"),
        (["1,234,567", "1,234"], "point"), (["1.234", "2.345"], "point"), (["7", "8"], "point"),
        (["998", "1.021", "2.5"], "point"), (["998", "0.125"], "point"), (["98", "1.021"], "point"),
        (["998", "1.021.000"], "comma"),
    ],
)  # fmt: skip
def test_the_numbers_of_a_file_tell_what_divides_decimals(texts, decimal):
    assert decimal_of("f", [Cell(1, text) for text in texts]) == decimal


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["1,234", "2,345"], "f, row 1: the comma in '1,234' .* --decimal comma"),
        (["998", "1000", "1.021"], "f, row 1: the point in '1.021' .* '998' .* --decimal comma"),
        (["1,5", "1.5"], "f, row 1: '1,5' has a comma before its decimals, '1.5' in row 1"),
    ],
)
def test_numbers_with_two_meanings_are_refused(texts, message):
    with pytest.raises(SourceError, match=message):
        decimal_of("f", [Cell(1, text) for text in texts])
    assert decimal_of("f", [], "comma") == "comma"


@pytest.mark.parametrize(
    ("texts", "needed"),
    [(["1.5", "1.234"], False), (["998", ""], False), (["998", "1.234"], True), (["1,5"], True)],
)
def test_only_commas_and_points_that_are_not_clear_need_telling(texts, needed):
    assert needs_telling(texts) == needed


def test_short_and_whole_names_of_all_months_are_dates():
    for month in range(1, 13):
        day = dt.date(2020, month, 1)
        for text in (f"{day:%b} 2020", f"{day:%b}. 2020", f"{day:%B} 2020", f"{day:%B}-20"):
            assert read_dates("f", [(1, text)])[text].start == day
    assert read_dates("f", [(1, "Sept 2020")])["Sept 2020"].start == dt.date(2020, 9, 1)
