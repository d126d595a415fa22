"""A printed number stands for a range, and a table in another layout is refused with why."""

import pytest

from sfr_pipeline.errors import AuditError
from sfr_pipeline.evaluation.audit import published, read_published
from sfr_pipeline.evaluation.audit.printed import Printed, parse, range_of
from sfr_pipeline.evaluation.audit.table import STATISTICS

LINE = {"table": "T", "row": "A", "statistic": "rmse", "value": "0.10"}


@pytest.mark.parametrize(
    ("text", "value", "low", "high"),
    [
        ("0.83", 0.83, 0.825, 0.835),
        (".830", 0.83, 0.8295, 0.8305),
        ("12", 12, 11.5, 12.5),
        ("62.6%", 0.626, 0.6255, 0.6265),
        ("−1.1e-9", -1.1e-9, -1.15e-9, -1.05e-9),
    ],
)
def test_the_last_digit_leaves_half_of_itself_on_both_sides(text, value, low, high):
    read = parse(text)
    assert (read.value, read.low, read.high) == pytest.approx((value, low, high), rel=1e-12)


def test_a_count_is_exact():
    assert parse("36", exact=True) == Printed(36, 36, 36)


@pytest.mark.parametrize("text", ["0.96***", "(146.7)", "nan", "inf", "", "0,5"])
def test_what_is_no_number_is_refused_with_the_line_and_what_to_do(text):
    with pytest.raises(AuditError, match=r"line 2: .* is no number; write rmse with the digits"):
        published([LINE, LINE | {"row": "B", "value": text}])


def test_a_formula_has_the_range_of_its_numbers():
    assert range_of(lambda a, b: a / b, parse("1.0"), parse("2.0")) == pytest.approx(
        (0.95 / 2.05, 1.05 / 1.95)
    )


def test_an_unknown_statistic_is_told_all_that_are_known():
    with pytest.raises(AuditError) as refused:
        published([LINE | {"statistic": "RMSE"}])
    assert "line 1: unknown statistic 'RMSE'" in str(refused.value)
    assert all(name in str(refused.value) for name in STATISTICS)


def test_a_number_that_stands_there_twice_is_refused():
    with pytest.raises(AuditError, match=r"line 2: rmse of A stands there twice"):
        published([LINE, LINE | {"value": "0.2"}])


def test_one_forecast_is_no_table():
    with pytest.raises(AuditError, match="n is 1: it is at least 2"):
        published([LINE | {"statistic": "n", "value": "1"}])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("table,row,value\n", r"paper.csv lacks statistic: its columns are table, row"),
        ("table,row,statistic,value,model\n", r"paper.csv has model: its columns are table"),
        ("table,row,statistic,value\n", r"no number to audit"),
        ("table,row,statistic,value\nT,A,rmse,x\n", r"paper.csv, line 2: 'x' is no number"),
    ],
)
def test_a_file_in_another_layout_is_refused(text, says, tmp_path):
    path = tmp_path / "paper.csv"
    path.write_text(text)
    with pytest.raises(AuditError, match=says):
        read_published([path])


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(AuditError, match=r"none.csv can't be read: No such file"):
        read_published([tmp_path / "none.csv"])
    (tmp_path / "other.csv").write_bytes("table,row,statistic,value\nä".encode("latin-1"))
    with pytest.raises(AuditError, match="is no text in UTF-8"):
        read_published([tmp_path / "other.csv"])


def test_files_are_read_as_one_and_splits_apart(tmp_path):
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("table,row,statistic,value\nT,A,phi,0.5\n")
    second.write_text(
        "table,split,row,statistic,value,note\nU,test,,n,36,why\nU,train,B,rmse,.1,\n"
    )
    groups = read_published([first, second])
    assert [group.where() for group in groups] == ["T", "U, test", "U, train"]
    assert groups[1].shared("n", "any row").value == 36
    assert groups[2].shared("n") is None
