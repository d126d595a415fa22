"""Templates say what belongs into them, count as no file until filled, and overwrite nothing."""

import datetime as dt

import pytest

from sfr_pipeline.errors import ExportError
from sfr_pipeline.inputs import import_template
from sfr_pipeline.markets import load_market
from sfr_pipeline.sources.files.folder import Imports
from sfr_pipeline_tests.index.patchy import MARKET

TODAY = dt.date(2025, 1, 1)
CHINA = load_market("china")


def test_templates_of_all_series_count_as_no_file_until_they_are_filled(tmp_path, monkeypatch):
    monkeypatch.setenv("SFR_IMPORTS", str(tmp_path))
    written = import_template.write(MARKET)
    folder = tmp_path / "patchy"
    names = {f"{series.id}.csv" for series in MARKET.series} | {"README.txt"}
    assert {path.name for path in folder.iterdir()} == names
    assert len(written.new) == len(names)
    imports = Imports(folder, MARKET.series)
    assert not any(series.id in imports for series in MARKET.series)
    text = (folder / "capital_ratio.csv").read_text(encoding="utf-8")
    assert "Unit: per cent. Frequency: quarterly. Release lag: 50 days." in text
    assert "supervisor" in text


def test_references_have_templates_too(tmp_path):
    import_template.write(CHINA, tmp_path)
    text = (tmp_path / "ciss_china.csv").read_text(encoding="utf-8")
    assert "Unit: index. Frequency: daily." in text
    assert "Valid values: 0 to 1." in text
    assert "ciss_china.csv: ECB CISS" in (tmp_path / "README.txt").read_text(encoding="utf-8")
    assert "ciss_china" not in Imports(tmp_path, [*CHINA.series, *CHINA.references])


@pytest.mark.parametrize("market", [MARKET, CHINA, load_market("us_live")], ids=lambda m: m.name)
def test_the_example_of_each_template_is_a_row_that_is_accepted(tmp_path, market):
    import_template.write(market, tmp_path)
    every = [*market.series, *market.references]
    for entry in every:
        path = tmp_path / f"{entry.id}.csv"
        text = path.read_text(encoding="utf-8")
        example = text.split("Example of a row: ")[1].splitlines()[0]
        path.write_text(text + example + "\n", encoding="utf-8")
    imports = Imports(tmp_path, every)
    assert all(len(imports.read(entry.id, TODAY)) == 1 for entry in every)


def test_a_file_that_is_there_stays_and_is_named(tmp_path, caplog):
    mine = tmp_path / "reserves.csv"
    mine.write_text("date,value\n2024-01-31,1\n", encoding="utf-8")
    written = import_template.write(MARKET, tmp_path)
    assert written.kept == [mine]
    assert "reserves.csv is there already and stays as it is" in caplog.text
    assert mine.read_text(encoding="utf-8") == "date,value\n2024-01-31,1\n"
    assert import_template.write(MARKET, tmp_path).new == []


def test_a_market_without_files_says_so():
    market = MARKET.model_copy(update={"files": None})
    with pytest.raises(ExportError, match="files: imports/patchy"):
        import_template.write(market)
