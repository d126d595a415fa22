"""One live source of market ``china`` gives way to a file, on made-up data."""

from types import SimpleNamespace

import dagster as dg
import numpy as np
import pandas as pd

from sfr_pipeline import sources
from sfr_pipeline.definitions import build_definitions
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline_tests.test_china_market import paper_sample

FETCHED = (
    "deliveries", "catalogues", "input_status", "missing_series", "prices", "revisions", "series",
)  # fmt: skip
FEW = ("x13", "x18", "x24", "x25", "x26")


def few_indicators():
    market = paper_sample()
    used = [indicator for indicator in market.indicators if indicator.id in FEW]
    names = {series.id for indicator in used for series in market.series_of(indicator)}
    return market.model_copy(
        update={
            "indicators": used,
            "series": [series for series in market.series if series.id in names],
            "forecasting": None,
            "references": [],
        }
    )


def made_up(series):
    """Values that depend on the name of a series alone."""
    step = {"daily": "B", "monthly": "ME", "quarterly": "QE"}[series.frequency]
    dates = pd.date_range("2009-12-31", "2024-12-31", freq=step)
    chance = np.random.default_rng(sum(map(ord, series.id)))
    low, high = series.typical or series.valid_range
    middle, reach = (low + high) / 2, (high - low) / 2
    wave = np.cumsum(chance.normal(size=len(dates)))
    return pd.DataFrame({"date": dates, "value": middle + 0.5 * reach * np.tanh(wave / 30)})


def live(market):
    """A source that answers for every series of a market, whatever its name."""

    def fetch_series(codes):
        by_code = {series.code: series for series in market.series}
        return pd.concat([made_up(by_code[code]).assign(code=code) for code in codes])

    return lambda name: SimpleNamespace(fetch_series=fetch_series)


def test_a_file_in_place_of_a_live_source_changes_that_series_alone(tmp_path, monkeypatch):
    market = few_indicators()
    (tmp_path / "imports").mkdir()
    monkeypatch.setenv("SFR_IMPORTS", str(tmp_path / "imports"))
    monkeypatch.delenv("SFR_FILES_ONLY", raising=False)
    monkeypatch.setattr(sources, "source", live(market))

    warehouse = Warehouse(root=str(tmp_path / "warehouse"))
    tables = ("indicators", "indicator_panel", "sfri_vintages", "panel_revisions")
    job = build_definitions(
        market, resources={"warehouse": warehouse}
    ).resolve_implicit_global_asset_job_def()

    def stored():
        """Materialize up to the vintage of the last month; what the warehouse holds then."""
        job.execute_in_process(
            instance=dg.DagsterInstance.ephemeral(),
            asset_selection=[dg.AssetKey(["china", name]) for name in (*tables, *FETCHED)],
            partition_key="2024-12",
            run_config={"loggers": {"progress": {}}},
        )
        return [warehouse.read("china", name) for name in tables[:3]]

    before, panel_before, vintage_before = stored()
    (reer,) = (series for series in market.series if series.id == "reer")
    wiggled = made_up(reer).assign(value=lambda rows: rows["value"] + np.cos(rows.index))
    (tmp_path / "imports" / "china").mkdir()
    wiggled.to_csv(tmp_path / "imports" / "china" / "reer.csv", index=False)
    after, panel_after, vintage_after = stored()

    def source_of(rows):
        return rows.drop_duplicates("indicator").set_index("indicator")["source"].to_dict()

    assert source_of(before)["x18"] == "bis: M.R.B.CN"
    assert source_of(after) == source_of(before) | {"x18": "file: reer.csv"}
    for old, new in ((before, after), (panel_before, panel_after)):
        others = [frame[frame["indicator"] != "x18"].reset_index(drop=True) for frame in (old, new)]
        pd.testing.assert_frame_equal(*others, check_exact=True, check_dtype=False)
    own = [frame.loc[frame["indicator"] == "x18", "value"].to_numpy() for frame in (before, after)]
    assert not np.allclose(*own)
    # It came after the sample: paper mode has it, and no month that was over is told otherwise.
    assert set(vintage_before["as_of"].dt.strftime("%Y-%m")) == {"2024-12"}
    pd.testing.assert_frame_equal(vintage_before, vintage_after, check_exact=True)
    paper, real_time = (
        [
            frame[frame["mode"] == mode].reset_index(drop=True)
            for frame in (panel_before, panel_after)
        ]
        for mode in ("paper", "real_time")
    )
    pd.testing.assert_frame_equal(*real_time, check_exact=True)
    assert not paper[0].equals(paper[1])
