"""Two months of operation on real files of China, and two values that were revised in between."""

import datetime as dt
import shutil
from types import SimpleNamespace

import dagster as dg
import numpy as np
import pandas as pd
import pytest
import time_machine

from sfr_pipeline.definitions import build_definitions
from sfr_pipeline.inputs.as_of import RECEIVED
from sfr_pipeline.markets import load_market
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline_tests.china_files import MACRO, lay_out
from sfr_pipeline_tests.test_china_market import NO_FORUM

pytestmark = pytest.mark.faults

# The column with the revised values, and the series and indicator that it is.
COLUMN, SERIES, INDICATOR = "cpi_mom", "cpi_monthly", "x26"
REVISED = {"2015-03": 0.4, "2019-06": -0.3}
FIRST_VINTAGE = "2019-12"
PARTS = ["new_data", "revised_data", "scaling", "weights"]


def upto(folder, month):
    """Cut the files off at the end of a month, as they were then."""
    end = pd.Period(month, "M").end_time
    for path in folder.glob("*.csv"):
        frame = pd.read_csv(path, dtype=str)
        dates = pd.to_datetime(frame.iloc[:, 0], format="mixed")
        frame[dates <= end].to_csv(path, index=False)


def revise(folder):
    path = folder / MACRO
    frame = pd.read_csv(path, dtype=str)
    months = pd.to_datetime(frame.iloc[:, 0], format="mixed").dt.strftime("%Y-%m")
    for month, by in REVISED.items():
        row = months == month
        assert row.sum() == 1
        frame.loc[row, COLUMN] = str(float(frame.loc[row, COLUMN].iloc[0]) + by)
    frame.to_csv(path, index=False)


def market():
    china = load_market("china")
    few = china.index.model_copy(update={"draws": 100, "replications": 100})
    legs = {"forecasting": None, "stress": None, "references": []}
    return china.model_copy(update={"index": few, **NO_FORUM, **legs})


def refresh(root, month, day, *names):
    """What the schedule runs on a day, over the last year: its vintages are made anew."""
    with time_machine.travel(day.replace(tzinfo=dt.UTC)):
        china = market()
        assert china.sample.end == month
        definitions = build_definitions(china, resources={"warehouse": Warehouse(root=str(root))})
        result = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=dg.DagsterInstance.ephemeral(),
            tags={
                "dagster/asset_partition_range_start": FIRST_VINTAGE,
                "dagster/asset_partition_range_end": month,
            },
            asset_selection=[dg.AssetKey(["china", name]) for name in names] or None,
            run_config={"loggers": {"progress": {}}},
        )
    assert result.success
    names = ("sfri", "sfri_weights", "indicator_panel", "sfri_vintages", "regimes", "revisions",
             "index_news", "input_status", "publications")  # fmt: skip
    return SimpleNamespace(**Warehouse(root=str(root)).read_all("china", names))


@pytest.fixture(scope="module")
def months(shared_data, tmp_path_factory):
    """The tables after November 2020, and after December with two values revised."""
    root = tmp_path_factory.mktemp("revised")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SFR_IMPORTS", str(root / "imports"))
        patch.setenv("SFR_FILES_ONLY", "1")
        patch.delenv("SFR_END", raising=False)
        # Without early warning, which the shipped rules judge as well.
        (root / "rules").mkdir()
        (root / "rules" / "china.yaml").write_text("rules: []\n")
        patch.setenv("SFR_ALERTS", str(root / "rules"))
        upto(lay_out(shared_data, root / "imports"), "2020-11")
        before = refresh(root / "warehouse", "2020-11", dt.datetime(2020, 12, 28, 6))
        # The revised values come before the year is over, so that they are news of December.
        for month, day, names in (
            ("2020-11", dt.datetime(2020, 12, 30, 6), [table.name for table in RECEIVED]),
            ("2020-12", dt.datetime(2021, 1, 28, 6), []),
        ):
            shutil.rmtree(root / "imports")
            folder = lay_out(shared_data, root / "imports")
            upto(folder, month)
            revise(folder)
            after = refresh(root / "warehouse", month, day, *names)
    return before, after


def in_real_time(frame):
    rows = frame[frame["mode"] == "real_time"] if "mode" in frame else frame
    if "horizon" in frame:
        rows = rows[rows["horizon"] == 0]
    return rows


@pytest.mark.parametrize(
    "table", ["sfri", "sfri_weights", "indicator_panel", "regimes", "sfri_vintages"]
)
def test_no_month_that_was_over_is_changed_to_the_last_bit(months, table):
    before, after = (in_real_time(getattr(one, table)) for one in months)
    by = "as_of" if "as_of" in before else "ref_date"
    after = after[after[by] <= "2020-11-30"]
    assert before[by].max() == pd.Timestamp("2020-11-30")
    pd.testing.assert_frame_equal(
        before.reset_index(drop=True), after.reset_index(drop=True), check_exact=True
    )


def test_the_two_values_are_listed_and_no_other(months):
    before, after = months
    assert before.revisions.empty
    told = after.revisions.set_index("ref_date")
    assert set(told["item"]) == {SERIES}
    assert set(told["available_at"]) == {pd.Timestamp("2020-12-30")}
    by = (told["new_value"] - told["old_value"]).round(9)
    assert {f"{day:%Y-%m}": value for day, value in by.items()} == REVISED
    assert set(after.input_status["state"]) == {"current"}


def test_the_news_of_december_sum_to_the_change_of_every_month(months):
    _, after = months
    news = after.index_news[after.index_news["as_of"] == "2020-12-31"]
    own = after.sfri_vintages.set_index(["as_of", "ref_date"])["sfri"]
    november, december = own.loc["2020-11-30"], own.loc["2020-12-31"]
    moved = (december - november).dropna()
    moved.loc[pd.Timestamp("2020-12-31")] = december.iloc[-1] - november.iloc[-1]
    parts = news.groupby("ref_date")[PARTS].sum().sum(axis=1)
    assert len(parts) == len(moved) > 100
    np.testing.assert_allclose(parts, moved.reindex(parts.index), rtol=0, atol=1e-12)


def test_the_planted_revision_lands_on_its_own_indicator_alone(months):
    _, after = months
    news = after.index_news[after.index_news["as_of"] == "2020-12-31"]
    hit = news[news["revised_data"] != 0]
    assert set(hit["indicator"]) == {INDICATOR}
    assert {f"{day:%Y-%m}" for day in hit["ref_date"]} == {
        # Known in the month of its release, half a month after its own.
        f"{pd.Period(month) + 1}" for month in REVISED
    }  # fmt: skip


def test_each_month_was_published_as_it_then_stood(months):
    before, after = months
    told = after.publications[after.publications["quantity"] == "sfri"].set_index("ref_date")
    own = in_real_time(after.sfri).set_index("ref_date")["sfri"]
    for day in ("2020-11-30", "2020-12-31"):
        assert told.loc[day, "value"] == own[day]
    assert len(before.publications) < len(after.publications)
