"""The page on exports: its lists are those of the code, and its examples run."""

import re

from sfr_pipeline.exports.headlines import HEADLINES
from sfr_pipeline.exports.readme import RAW
from sfr_pipeline.exports.terms import MEANING, TERMS
from sfr_pipeline.exports.writing import export_folder
from sfr_pipeline.sources import NAMES
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.exports.made_up import write_market
from sfr_pipeline_tests.worked_examples import blocks

PAGE = (CHECKOUT / "docs" / "exports.md").read_text(encoding="utf-8")


def test_the_page_lists_every_headline_series():
    listed = re.findall(r"^\| `([A-Z_0-9]+?)(_\.\.\.)?` \| (.+) \| (\w+) \|$", PAGE, re.MULTILINE)
    assert [(name, bool(dots), title, frequency) for name, dots, title, frequency in listed] == [
        (one.id, one.by is not None, one.title, one.frequency) for one in HEADLINES
    ]


def test_every_source_has_terms_which_the_page_tells():
    assert {terms.source for terms in TERMS} == {*NAMES, "file"}
    told = dict(re.findall(r"^\| `([a-z]+)` \| (\w+)", PAGE, re.MULTILINE))
    for terms in TERMS:
        assert terms.passing in MEANING
        assert (told[terms.source] in ("yes", "no")) == (terms.passing in ("yes", "no"))
        if told[terms.source] in ("yes", "no"):
            assert told[terms.source] == terms.passing
    for table in RAW:
        assert f"`{table.name}`" in PAGE


def test_the_examples_run_beside_an_export(tmp_path, monkeypatch, capsys):
    write_market(tmp_path / "warehouse", "us", "United States")
    export_folder(
        tmp_path / "warehouse", tmp_path / "sfr_export", formats=["csv", "xlsx", "parquet"]
    )
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks("exports"):
        exec(block, names)
    assert list(names["index"]["mode"]) == ["paper"] * 3 + ["real_time"] * 3
    assert list(names["events"]["event"]) == ["calm", "run"]
    assert names["regimes"].height == 4
    assert capsys.readouterr().out.count("2023-12-31") == 2
