"""The index: its charts hold the warehouse's numbers, and what a referee asks of it is shown."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.report.chart import embedded, to_png
from sfr_pipeline.report.index import charts
from sfr_pipeline.report.index.indicator_charts import coverage_chart, weight_heat_map
from sfr_pipeline.report.index.section import index_charts, index_section, tables_of
from sfr_pipeline.report.opinion.charts import npoi_chart, sentiment_chart
from sfr_pipeline_tests.report.conftest import npoi_table

KEY = ["ref_date", "indicator"]


def real_time(frame):
    return frame[frame["mode"] == "real_time"].sort_values("ref_date", ignore_index=True)


@pytest.fixture(scope="module")
def drawn(mini, tables):
    """Every chart of the index and of public opinion."""
    sfri, dimensions, names = tables["sfri"], tables["dimension_indices"], mini.indicator_names()
    return {
        "index": charts.index_chart(sfri, "real_time", tables["events"], tables["regimes"]),
        "real_time": charts.real_time_chart(sfri),
        "weights": weight_heat_map(tables["sfri_weights"], names, "real_time"),
        "stack": charts.dimension_stack(dimensions, mini.dimensions, "real_time"),
        "panels": charts.dimension_panels(dimensions, mini.dimensions, "real_time"),
        "regimes": charts.regime_chart(tables["regimes"], "real_time"),
        "coverage": coverage_chart(tables["indicator_panel"], names, mini.dimensions),
        "opinion": npoi_chart(npoi_table()),
        "sentiment": sentiment_chart(npoi_table()),
    }


def test_every_chart_is_a_small_picture_too(drawn):
    for name, chart in drawn.items():
        png = to_png(chart)
        assert png.startswith(b"\x89PNG"), name
        assert 1_000 < len(png) < 100_000, name


def test_every_chart_can_be_asked_for_its_values(drawn):
    for name, chart in drawn.items():
        specification = str(embedded(chart)["spec"])
        assert "tooltip" in specification, name
        assert chart.description.endswith("."), name
        for parameter in ("'begin'", "'end'"):
            assert parameter in specification, f"{name} is in no window of time"


def test_the_index_is_drawn_as_it_was_published_and_a_click_picks_a_month(drawn, tables):
    chart, published = drawn["index"], real_time(tables["sfri"])
    shown = ["sfri", "band_low", "band_high", "equal_weight", "percentile"]
    pd.testing.assert_frame_equal(chart.table[shown], published[shown])
    assert f"stands at {published['sfri'].iloc[-1]:+.2f}".replace("-", "−") in chart.description
    (picked,) = [p for p in chart.specification()["params"] if p["name"] == "picked"]
    assert picked["select"]["fields"] == ["ref_date"]
    assert picked["select"]["on"] == "click"


def test_shaded_are_the_months_of_high_variance_and_no_other(drawn, tables):
    states = real_time(tables["regimes"])
    states = states[states["horizon"] == 0]
    high = states["smoothed_high"].fillna(states["probability_high"]) > 0.5
    spans = drawn["index"].beside["high_variance"]
    months = {
        month
        for begin, end in zip(spans["begin"], spans["end"], strict=True)
        for month in pd.period_range(begin, end, freq="M")
    }
    assert months == set(states.loc[high, "ref_date"].dt.to_period("M"))
    assert f"{high.sum():,} of {len(states):,} months" in drawn["index"].description


def test_no_forecast_of_the_regimes_is_drawn(drawn, tables):
    assert (tables["regimes"]["horizon"] > 0).any()
    estimated = tables["sfri"]["ref_date"].max()
    for name in ("index", "regimes"):
        assert drawn[name].table["ref_date"].max() == estimated


def test_both_views_of_a_month_stand_beside_each_other(drawn, tables):
    table = drawn["real_time"].table.set_index("ref_date")
    for mode in ("real_time", "paper"):
        own = tables["sfri"][tables["sfri"]["mode"] == mode].set_index("ref_date")["sfri"]
        np.testing.assert_array_equal(table[mode], own[table.index])
    widest = (table["real_time"] - table["paper"]).abs().idxmax()
    assert f"farthest apart in {widest:%B %Y}" in drawn["real_time"].description


def test_weights_of_a_month_are_drawn_whole(drawn, tables):
    table = drawn["weights"].table.set_index(KEY)["weight"].sort_index()
    stored = real_time(tables["sfri_weights"]).set_index(KEY)["weight"].sort_index()
    pd.testing.assert_series_equal(table, stored)
    np.testing.assert_allclose(table.groupby("ref_date").sum(), 1)


def test_the_stack_sums_to_the_index(drawn, mini, tables):
    table = drawn["stack"].table.set_index("ref_date")
    published = real_time(tables["sfri"]).set_index("ref_date")["sfri"]
    np.testing.assert_allclose(table["sfri"], published[table.index])
    parts = table[[name for name in mini.dimensions if name in table]]
    np.testing.assert_allclose(parts.sum(axis=1), published[table.index])


def test_a_run_of_the_coverage_has_as_many_months_as_the_panel(drawn, tables):
    table, panel = drawn["coverage"].table, real_time(tables["indicator_panel"])
    counts = table.groupby("indicator")["months"].sum()
    pd.testing.assert_series_equal(counts, panel.groupby("indicator").size(), check_names=False)
    lengths = [
        len(pd.period_range(begin, end, freq="M"))
        for begin, end in zip(table["begin"], table["end"], strict=True)
    ]
    assert lengths == table["months"].to_list()


def test_a_gap_in_the_coverage_ends_a_run(mini, tables):
    panel = tables["indicator_panel"]
    first = panel["indicator"].iloc[0]
    gap = panel["ref_date"].dt.to_period("M") == pd.Period("2008-03")
    table = coverage_chart(
        panel[~(gap & (panel["indicator"] == first))], mini.indicator_names(), mini.dimensions
    ).table
    before, after = table[table["indicator"] == first].tail(2).to_dict("records")
    assert before["end"] == pd.Timestamp("2008-02-29")
    assert after["begin"] == pd.Timestamp("2008-04-01")


@pytest.fixture(scope="module")
def without_bonds(tables):
    """The tables as they are where no indicator of a dimension has data."""
    bonds = ("default_spread", "bill_change")
    left = {
        name: frame[~frame["indicator"].isin(bonds)]
        for name, frame in tables.items()
        if "indicator" in frame
    }
    dimensions = {
        name: tables[name][tables[name]["dimension"] != "bond"]
        for name in ("dimension_indices", "dimension_correlations")
    }
    return tables | left | dimensions


def test_a_dimension_without_any_data_is_shown_as_such(mini, without_bonds):
    section = index_section(mini, without_bonds)
    has_data = {row["name"]: row["has_data"] for row in section["correlations"]}
    assert not has_data.pop("Bond market")
    assert all(has_data.values())
    panels = index_charts(mini, without_bonds)["dimensions"]
    names = mini.indicator_names()
    coverage = coverage_chart(without_bonds["indicator_panel"], names, mini.dimensions)
    for chart in (panels, coverage):
        specification = str(chart.specification())
        assert "Bond market: no data" in specification
        assert "Stock market: no data" not in specification


def test_a_dimension_keeps_its_colour_whoever_is_missing(mini, tables, without_bonds):
    def colours(frames):
        stack = charts.dimension_stack(frames["dimension_indices"], mini.dimensions, "real_time")
        scale = stack.specification()["layer"][0]["encoding"]["color"]["scale"]
        return dict(zip(scale["domain"], scale["range"], strict=True))

    all_of_them, left = colours(tables), colours(without_bonds)
    assert left.keys() == all_of_them.keys() - {"bond"}
    assert left.items() <= all_of_them.items()


def test_before_the_index_begins_there_are_words_in_the_place_of_charts(mini, tables):
    empty = tables | {"sfri": tables["sfri"].head(0)}
    assert index_section(mini, empty)["waits"]
    assert index_charts(mini, empty) == {}
    chart = charts.index_chart(empty["sfri"], "real_time")
    assert "the index has not begun" in chart.description
    assert to_png(chart).startswith(b"\x89PNG")


def test_the_evidence_reads_no_table_in_vain(mini, everything):
    market, tables = everything
    for of, frames in ((mini, tables), (market, tables)):
        asked = set()

        class Watched(dict):
            def __getitem__(self, name, asked=asked):
                asked.add(name)
                return super().__getitem__(name)

        index_section(of, Watched(frames))
        index_charts(of, Watched(frames))
        # `index_waits` asks for the panel where there is no index yet.
        assert asked - {"npoi"} == set(tables_of(of)) - {"indicator_panel"}
