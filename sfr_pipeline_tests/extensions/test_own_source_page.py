"""What docs/own_source.md shows runs as it stands there, against a server on this machine."""

import re
import sqlite3
import sys
import tomllib

import pandas as pd
import pytest

from sfr_pipeline import sources
from sfr_pipeline.__main__ import main
from sfr_pipeline.extensions import found_models
from sfr_pipeline.markets import load_market
from sfr_pipeline.sources.live import limits
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.extensions.own_workspace import anew, workspace
from sfr_pipeline_tests.inputs.received import refresh
from sfr_pipeline_tests.inputs.recorded_web import send_here, serve

__all__ = ["workspace"]

PAGE = (CHECKOUT / "docs" / "own_source.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"```(?:python|yaml)\n# (\S+)\n(.*?)```", PAGE, re.S))
(PYPROJECT,) = re.findall(r"```toml\n(.*?)```", PAGE, re.S)


class Bank:
    """The site of the page: rates of each month to the last one."""

    def __init__(self):
        self.unknown = set()
        self.asked = []

    def answer(self, host, path, query):
        assert (host, path) == ("data.mybank.example", "/rates.csv")
        self.asked.append(query)
        low = {"policy": 2, "lending": 5}[query["series"]]
        rows = [f"{month},{low + position % 7}" for position, month in enumerate(months())]
        return "\n".join(["month,rate", *rows]).encode()


def months():
    return pd.period_range("2015-01", pd.Timestamp.now().to_period("M") - 1, freq="M")


@pytest.fixture
def shown(workspace, tmp_path, monkeypatch):
    """The workspace of the page; gives the bank that it asks."""
    for path, text in BLOCKS.items():
        workspace(f"../{path}", text)
    (tmp_path / "imports").mkdir()
    with sqlite3.connect(tmp_path / "imports" / "desk.sqlite") as connection:
        ends = months().to_timestamp(how="end").normalize()
        pd.DataFrame(
            {"date": ends.strftime("%Y-%m-%d"), "code": "claims.total", "value": 100.0}
        ).assign(available_at=(ends + pd.Timedelta(days=9)).strftime("%Y-%m-%d"))[
            :-1
        ].to_sql("observations", connection, index=False)  # fmt: skip
    connection.close()
    monkeypatch.setenv("MYBANK_KEY", "hush")
    for name in ("SFR_IMPORTS", "SFR_ANSWERS", "SFR_RAW", "SFR_FILES_ONLY", "SFR_END"):
        monkeypatch.delenv(name, raising=False)
    quick = limits.LIMITS.set(limits.Limits(pause=0.0))
    bank = Bank()
    with serve(bank) as address:
        send_here(monkeypatch, address)
        yield bank
    limits.LIMITS.reset(quick)


def test_the_probe_reaches_both_sources_of_the_page(shown, capsys):
    assert main(["probe", "rates"]) == 0
    told = capsys.readouterr().out
    assert "3 ok" in told
    assert f"policy (mybank policy): ok, 2015-01-31 to {months()[-1].end_time.date()}" in told
    assert "claims (desk claims.total): ok" in told
    assert [query["appid"] for query in shown.asked] == ["hush", "hush"]


def test_a_refresh_archives_them_with_hash_and_day_of_publication(shown):
    received = refresh(load_market("rates"), at=pd.Timestamp.now().to_pydatetime())
    assert received.missing.empty
    rows = received.deliveries
    assert rows.groupby("source")["assumed"].first().to_dict() == {
        "desk: claims.total": False,
        "mybank: lending": True,
        "mybank: policy": True,
    }
    assert rows["sha256"].nunique() == 3


def test_without_its_key_the_sentence_of_the_page_is_told(shown, monkeypatch, capsys):
    monkeypatch.delenv("MYBANK_KEY")
    assert main(["probe", "rates"]) == 0
    told = capsys.readouterr().out
    assert "2 unusable" in told
    assert "policy, lending: needs a key: set MYBANK_KEY" in told


def test_its_package_offers_all_three_groups(tmp_path, monkeypatch):
    project = tomllib.loads(PYPROJECT)["project"]
    information = tmp_path / "acme_risk-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        f"Name: {project['name']}\nVersion: {project['version']}\n"
    )
    points = [
        line
        for group, named in project["entry-points"].items()
        for line in (f"[{group}]", *(f"{name} = {target}" for name, target in named.items()))
    ]
    (information / "entry_points.txt").write_text("\n".join(points))
    package = tmp_path / "acme_risk"
    package.mkdir()
    (package / "mybank.py").write_text(BLOCKS["extensions/mybank.py"])
    for name in ("rules", "networks"):
        (package / f"{name}.py").write_text(f"MODELS = ['a record of {name}']")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    with anew():
        sources.check_available("mybank", "policy", "series")
        assert sources.source("mybank").where.startswith("acme-risk 1.0, entry point mybank")
        assert {one.value for one in found_models()} == {
            ("a record of rules",), ("a record of networks",),
        }  # fmt: skip
    for name in [name for name in sys.modules if name.split(".")[0] == "acme_risk"]:
        del sys.modules[name]


def test_the_names_that_the_page_promises_are_there():
    promised = re.findall(r"^\| `(\w+)\(", PAGE.split("stay as they are")[1], re.M)
    promised += ["SeriesKey", "SourceError", "LayoutError", "NoAnswerError"]
    assert {"download", "call", "read_csv", "check_columns", "tidy"} < set(promised)
    assert set(promised) <= set(sources.__all__)
