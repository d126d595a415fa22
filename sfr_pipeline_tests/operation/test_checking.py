"""What `sfr check` tells of a folder is all of it, and what a run does."""

import datetime as dt

import openpyxl
import pandas as pd
import pytest

from sfr_pipeline.__main__ import main
from sfr_pipeline.cli.check import as_text
from sfr_pipeline.errors import SourceError
from sfr_pipeline.inputs.files import check_new_files
from sfr_pipeline.markets import load_market
from sfr_pipeline.operation.checking import check_folder
from sfr_pipeline.sources.files.folder import Imports
from sfr_pipeline.sources.files.prices import read_price_folder
from sfr_pipeline_tests.sources.official_tables import (
    NEW,
    fill_credit_funds,
    supervision,
)
from sfr_pipeline_tests.vendors.variants import VARIANTS

CHINA, WORLD = load_market("china"), load_market("world")
PLACES = {"china": (CHINA, ""), "prices": (WORLD, "prices"), "posts": (CHINA, "posts")}
BIG5 = "2021-08-01 10:00,大盤又下跌了，這個月的損失真的很難受，還要繼續觀望嗎\n" * 5
MONTHS = pd.period_range("2020-01", "2024-12", freq="M")


def monthly(path, values=None, head="date,value"):
    values = values or [2 + 0.1 * (place % 7) for place in range(len(MONTHS))]
    rows = [f"{month},{value:.2f}" for month, value in zip(MONTHS, values, strict=True)]
    put(path, "\n".join([head, *rows]) + "\n")


def put(path, text, encoding="utf-8"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))


def daily(path, level=100.0, head="date,close"):
    days = pd.bdate_range("2024-01-01", periods=60)
    rows = [f"{day:%Y-%m-%d},{level + place:g}" for place, day in enumerate(days)]
    put(path, "\n".join([head, *rows]) + "\n")


def posts(path, month, number=3, separator=","):
    rows = [f"{month}-{day:02d} 10:00:00{separator}跌了 {day}" for day in range(1, number + 1)]
    put(path, "\n".join([f"published_at{separator}text", *rows]) + "\n")


def blocks(checked):
    """The files by name, each once."""
    named = {file.name: file for file in checked.files}
    assert len(named) == len(checked.files)
    return named


def passed(checked):
    return {name: why for part in checked.parts for name, why in part.passed_over}


@pytest.fixture
def folder(tmp_path):
    """One of every thing that lies in folders and that no reader may be silent of."""
    folder = tmp_path / "china"
    monthly(folder / "cpi_monthly.csv")
    monthly(folder / "M2_GROWTH.TXT")
    monthly(folder / "producer_prices.csv", [1.0] * 59 + [99.0])
    monthly(folder / "2024" / "gdp_growth.csv")
    put(folder / "notes.pdf", "%PDF-1.4 a note")
    put(folder / "~$book.xlsx", "locked")
    put(folder / "m2growth.csv", "date,value\n2024-01,8\n")
    book = openpyxl.Workbook()
    fill_credit_funds(book.active, 2023, NEW)
    book.active.title = "2023"
    book.create_sheet("备注")["A1"] = "口径自2015年起调整"
    book.save(folder / "信贷.xlsx")
    supervision(folder / "监管.xlsx", 2023, [0.15, 0.151])
    posts(folder / "posts" / "2021-05.csv", "2021-05")
    posts(folder / "posts" / "more" / "2021-09.tsv", "2021-09", separator="\t")
    put(folder / "posts" / "2021-06.docx", "PK no table")
    put(folder / "posts" / "2021-07.csv", "a,b\n1,2\n")
    put(folder / "posts" / "2021-08.csv", f"published_at,text\n{BIG5}", "big5")
    return folder


def test_each_thing_in_a_folder_is_read_refused_or_named(folder):
    checked = check_folder(CHINA, folder)
    files, others = blocks(checked), passed(checked)
    refused = {name for name, file in files.items() if file.refused}
    assert refused == {
        "2024", "m2growth.csv", "notes.pdf", "posts/2021-07.csv", "posts/2021-08.csv",
        "producer_prices.csv",
    }  # fmt: skip
    assert "move it up" in files["2024"].refused[0]
    assert "call it m2_growth.csv" in files["m2growth.csv"].refused[0]
    assert "row 61" in files["producer_prices.csv"].refused[0]
    assert "Big5" in files["posts/2021-08.csv"].refused[0]
    read = {held.name for name, file in files.items() if name not in refused for held in file.held}
    assert read == {
        "cpi_monthly", "m2_growth", "rmb_loans", "rmb_deposits", "long_loans", "capital_adequacy",
        "bad_loans", "posts",
    }  # fmt: skip
    assert "口径自2015年起调整" in files["信贷.xlsx"].ignored[0]
    assert "~$book.xlsx" in others
    assert "posts/2021-06.docx" in others
    assert "2021-06 to 2021-08" in others["posts/"]
    # Everything that lies there is told of.
    lying = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    told = {*files, *others}
    assert {name for name in lying if not any(name.startswith(one) for one in told)} == set()


def test_what_is_read_is_told_with_its_first_and_last_value_and_unit(folder):
    checked = check_folder(CHINA, folder)
    files = blocks(checked)
    held = {one.name: one for file in files.values() for one in file.held}
    assert held["cpi_monthly"] == (
        "cpi_monthly", "2020-01-31", "2024-12-31", 2.0, pytest.approx(2.3), 60, "per cent",
    )  # fmt: skip
    assert held["rmb_loans"][:6] == (
        "rmb_loans", "2023-01", "2023-12", 2400000, pytest.approx(1.11 * 2400000), 12,
    )  # fmt: skip
    assert held["capital_adequacy"][1:5] == ("2023Q1", "2023Q2", 15, pytest.approx(15.1))
    assert (files["cpi_monthly.csv"].layout, files["cpi_monthly.csv"].format) == (
        "plain table", "text, UTF-8, commas",
    )  # fmt: skip
    assert files["信贷.xlsx"].layout == "PBoC, credit funds in RMB"
    assert files["posts/more/2021-09.tsv"].held == [
        ("posts", "2021-09", "2021-09", None, None, 3, "posts")
    ]


def test_a_run_reads_what_is_told_to_be_read_and_refuses_the_rest(folder):
    checked = check_folder(CHINA, folder)
    refused = [file for file in checked.parts[0].files if file.refused]
    with pytest.raises(SourceError) as stopped:
        Imports(folder, CHINA.sourced_series)
    assert str(stopped.value) in {told for file in refused for told in file.refused}
    for file in refused:
        path = folder / file.name
        path.rename(folder.parent / file.name)
    imports = Imports(folder, CHINA.sourced_series)
    for file in checked.parts[0].files:
        for held in file.held:
            if not file.refused:
                assert held.name in imports
                assert len(imports.read(held.name)) == held.n_values
    assert not any(file.refused for file in check_folder(CHINA, folder).parts[0].files)


def test_what_has_no_file_is_counted_and_named(folder):
    series, instruments = check_folder(CHINA, folder).lacking
    assert series.wanted == len(CHINA.sourced_series)
    assert len(series.names) == series.wanted - 7
    assert "producer_prices" in series.names
    assert "repo_1y" in series.unasked
    assert (instruments.names, instruments.wanted) == ([], 0)


def test_without_leave_to_ask_every_series_without_a_file_is_unasked(folder, monkeypatch):
    monkeypatch.setenv("SFR_FILES_ONLY", "1")
    series, _ = check_folder(CHINA, folder).lacking
    assert series.unasked == series.names


def test_a_series_in_two_files_is_refused_once_and_the_other_is_read(tmp_path):
    monthly(tmp_path / "a.csv", head="date,M2")
    monthly(tmp_path / "m2_growth.csv")
    put(tmp_path / "mapping.yaml", "m2_growth: {file: a.csv, column: M2}\n")
    files = blocks(check_folder(CHINA, tmp_path))
    (told,) = [sentence for file in files.values() for sentence in file.refused]
    assert "'m2_growth' stands in" in told
    book = supervision(tmp_path / "b.xlsx", 2023, [0.15])
    (tmp_path / "c.xlsx").write_bytes(book.read_bytes())
    (tmp_path / "m2_growth.csv").unlink()
    files = blocks(check_folder(CHINA, tmp_path))
    assert [name for name, file in files.items() if file.refused] == ["c.xlsx"]
    assert "stands in b.xlsx already" in files["c.xlsx"].refused[0]
    assert [held.name for held in files["b.xlsx"].held] == ["capital_adequacy", "bad_loans"]


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ("m2_growth: A\nm2_growth: B\n", "m2_growth"),
        ("m2_grwth: A\n", "did you mean 'm2_growth'"),
        ("m2_growth: A\ncpi_monthly: A\n", "cpi_monthly"),
        ("m2_growth: C\n", "'C'"),
        ("m2_growth: {file: none.csv, column: A}\n", "there is no such"),
        ("m2_growth: [\n", "mapping.yaml"),
        ("m2_growth: {column: A}\n", None),
    ],
)
def test_what_is_wrong_with_a_mapping_is_told(tmp_path, mapping, says):
    rows = [f"{month},{8 + place % 3},{2 + place % 2}" for place, month in enumerate(MONTHS)]
    put(tmp_path / "wide.csv", "\n".join(["month,A,B", *rows]))
    put(tmp_path / "mapping.yaml", mapping)
    checked = check_folder(CHINA, tmp_path)
    if says is None:
        assert not checked.is_refused
        (tmp_path / "wide.csv").rename(tmp_path / "rates.csv")
        assert not check_folder(CHINA, tmp_path).is_refused
        monthly(tmp_path / "cpi_monthly.csv")
        checked, says = check_folder(CHINA, tmp_path), "'m2_growth' names no file"
        remedy = "m2_growth: {file: rates.csv, column: A}\n"
        put(tmp_path / "mapping.yaml", remedy)
        assert not check_folder(CHINA, tmp_path).is_refused
    assert any(says in told for file in checked.files for told in file.refused)


def test_all_that_is_wrong_with_a_mapping_is_told_at_once(tmp_path):
    put(tmp_path / "wide.csv", "month,A\n2024-01,8\n")
    put(tmp_path / "mapping.yaml", "m2_grwth: A\ncpi_monthly: {times: 0}\nm2_growth: A\nreer: A\n")
    mapping = blocks(check_folder(CHINA, tmp_path))["mapping.yaml"]
    assert [words for words in mapping.refused if not words.startswith(str(tmp_path))] == []
    for told, words in zip(
        mapping.refused,
        ("'m2_grwth'", "'cpi_monthly' needs", "'m2_growth' and 'reer'"),
        strict=True,
    ):
        assert words in told
    with pytest.raises(SourceError) as stopped:
        Imports(tmp_path, CHINA.sourced_series)
    assert str(stopped.value) == mapping.refused[0]


@pytest.mark.parametrize("column", ["012", "1:30", "ON", "1_0"])
def test_a_column_that_looks_like_something_else_is_the_column(tmp_path, column):
    rows = [f"{month},{8 + place % 3}" for place, month in enumerate(MONTHS)]
    put(tmp_path / "wide.csv", "\n".join([f"month,{column}", *rows]))
    put(tmp_path / "mapping.yaml", f"m2_growth: {column}\n")
    checked = check_folder(CHINA, tmp_path)
    assert not checked.is_refused
    (held,) = blocks(checked)["wide.csv"].held
    assert (held.name, held.first_value, held.n_values) == ("m2_growth", 8, 60)


def test_prices_are_told_file_by_file_with_what_is_refused_of_each(tmp_path):
    prices = tmp_path / "prices"
    daily(prices / "^GSPC.csv")
    daily(prices / "old" / "^gspc.csv")
    daily(prices / "^FTSE.TXT", 7000)
    daily(prices / "^XYZ.csv")
    put(prices / "^VIX.csv", "date,close\n2024-01-02,abc\n2024-01-03,x\n")
    put(prices / "thumbs.db", "x")
    checked = check_folder(WORLD, tmp_path)
    files = blocks(checked)
    refused = {name: file.refused for name, file in files.items() if file.refused}
    assert list(refused) == ["prices/^VIX.csv", "prices/^XYZ.csv", "prices/old/^gspc.csv"]
    assert "no instrument of the market" in refused["prices/^XYZ.csv"][0]
    assert "stands in ^GSPC.csv too" in refused["prices/old/^gspc.csv"][0]
    (held,) = files["prices/^FTSE.TXT"].held
    assert held[:6] == ("^FTSE", "2024-01-01", "2024-03-22", 7000, 7059, 60)
    assert "prices/thumbs.db" in passed(checked)
    for name in refused:
        (tmp_path / name).unlink()
    run = read_price_folder(tmp_path, WORLD.prices, dt.date(2024, 6, 1))
    assert set(run.prices["symbol"]) == {"^GSPC", "^FTSE"}
    assert not check_folder(WORLD, tmp_path).is_refused
    _, instruments = check_folder(WORLD, tmp_path).lacking
    assert len(instruments.names) == instruments.wanted - 2


@pytest.mark.parametrize(
    "variant",
    [one for one in VARIANTS if one.place in PLACES and one.case in (3, 4, 5, 6, 11, 12, 18)],
    ids=lambda one: one.name,
)
def test_a_variant_of_a_fault_is_told_of(variant, tmp_path):
    market, below = PLACES[variant.place]
    variant.lay_out(tmp_path / below)
    checked = check_folder(market, tmp_path)
    told = as_text(checked)
    assert checked.is_refused == bool(variant.refused)
    for words in (*variant.told, *variant.refused):
        assert any(word in told for word in words)
    if variant.place != "posts":
        held = {one.name: one for file in checked.files for one in file.held}
        for name, values in variant.read.items():
            days = sorted(values)
            assert held[name][1:6] == (
                days[0], days[-1], values[days[0]], values[days[-1]], len(days),
            )  # fmt: skip


def test_the_command_prints_it_all_and_ends_with_1_if_a_run_would_refuse(folder, capsys):
    before = sorted(folder.rglob("*"))
    assert main(["check", str(folder)]) == 1
    told = " ".join(capsys.readouterr().out.split())
    for words in (
        f"{folder}, for market china",
        "cpi_monthly.csv read as plain table, text, UTF-8, commas",
        "holds cpi_monthly: 2020-01-31 2 to 2024-12-31 2.3, 60 values, per cent",
        "REFUSED",
        "holds 3 posts, 2021-09 to 2021-09",
        "Not read ~$book.xlsx:",
        "28 of 35 series: ",
        "12 files, of which a run would refuse 6.",
    ):
        assert words in told
    assert sorted(folder.rglob("*")) == before
    # No place that is not the user's is named.
    assert "sfr-check-" not in told


@pytest.mark.parametrize("sign", ["\x1b", "\x7f", "\x85", "\u2028", "\u202e", "\u200b", "\n"])
def test_names_are_told_with_what_nobody_sees_in_them(tmp_path, sign, caplog, monkeypatch):
    """A file that is refused and one that is not read, by check, run and log."""
    folder = tmp_path / "china"
    for name in (f"m2{sign}growth.csv", f"~$note{sign}.docx"):
        put(folder / name, "date,value\n2020-01,5\n")
    told, escaped = as_text(check_folder(CHINA, folder)), sign.encode("unicode_escape").decode()
    assert told.replace("\n", "").isprintable()
    assert f"\nm2{escaped}growth.csv\n" in told
    assert f"~$note{escaped}.docx: " in told
    with pytest.raises(SourceError) as refused:
        Imports(folder, CHINA.sourced_series)
    assert str(refused.value).isprintable()
    assert f"m2{escaped}growth.csv" in str(refused.value)
    (folder / f"m2{sign}growth.csv").unlink()
    monkeypatch.setenv("SFR_IMPORTS", str(tmp_path))
    check_new_files(CHINA, set(), {one.symbol for one in CHINA.prices})
    assert f"china: not read: ~$note{escaped}.docx: " in caplog.text


def test_a_folder_by_another_name_needs_its_market(tmp_path, capsys):
    monthly(tmp_path / "mine" / "cpi_monthly.csv")
    with pytest.raises(SystemExit) as stop:
        main(["check", str(tmp_path / "mine")])
    assert stop.value.code == 2
    assert "name the market that the files are for" in capsys.readouterr().err
    assert main(["check", str(tmp_path / "mine"), "--market", "china"]) == 0
    assert main(["check", str(tmp_path / "none"), "--market", "china"]) == 1
    assert "there is no folder" in capsys.readouterr().err


def test_a_sheet_without_posts_is_told_of_by_its_own_name(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["published_at", "text"])
    book.active.append(["2021-05-01 10:00", "跌了"])
    book.create_sheet("说明").append(["由某某导出"])
    (tmp_path / "china" / "posts").mkdir(parents=True)
    book.save(tmp_path / "china" / "posts" / "2021-05.xlsx")
    (file,) = check_folder(CHINA, tmp_path / "china").files
    (told,) = file.ignored
    # Not by the place where the check has the file lie while it looks at it.
    assert told.startswith("2021-05.xlsx, sheet '说明': it has no column published_at")
    assert "/" not in told
