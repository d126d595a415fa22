"""A market of files, frequencies and gaps: from the files to the dimensions of the index."""

import shutil

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline import sources
from sfr_pipeline.errors import SourceError
from sfr_pipeline.index import indicators as room
from sfr_pipeline.index import sfri as index_room
from sfr_pipeline.index.description import describe_indicators
from sfr_pipeline.index.missing import missing_indicators
from sfr_pipeline.index.panel import build_panel
from sfr_pipeline.markets import load_market
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.validation import violations
from sfr_pipeline_tests.index.patchy import MARKET, series, write_files
from sfr_pipeline_tests.inputs.received import NO_PRICES, fetch_prices, fetch_series


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("SFR_IMPORTS", str(tmp_path))
    data = series()
    write_files(tmp_path, data)
    return data


def deliver(market):
    """Table ``indicators`` from the files and sources of this moment."""
    return room.deliver_indicators(market, fetch_prices(market), *fetch_series(market))


def absent(market, indicators):
    """Table ``missing_indicators`` beside it."""
    return missing_indicators(market, indicators, fetch_series(market).missing)


@pytest.fixture
def delivered(data):
    return deliver(MARKET)


def of(indicators, name):
    return indicators[indicators["indicator"] == name].set_index("ref_date")


def columns(panel, name):
    return panel[panel["indicator"] == name].pivot(index="ref_date", columns="mode")


def test_what_has_neither_file_nor_source_is_missing_by_name(delivered):
    missing = absent(MARKET, delivered)
    assert violations(tables.MISSING_INDICATORS, missing) == []
    assert missing["indicator"].to_list() == ["reserve_growth"]
    row = missing.iloc[0]
    assert row["name"] == "Growth of reserves"
    assert row["dimension"] == "abroad"
    assert "Foreign reserves (reserves) has no file" in row["reason"]
    assert row["remedy"] == "put reserves.csv into imports/patchy (central bank)"


def test_files_only_does_without_the_open_sources(data, monkeypatch):
    monkeypatch.setenv("SFR_FILES_ONLY", "1")
    delivered = deliver(MARKET)
    missing = absent(MARKET, delivered).set_index("indicator")
    assert list(missing.index) == ["term_spread", "reserve_growth"]
    assert "SFR_FILES_ONLY" in missing.loc["term_spread", "reason"]


def test_without_any_file_or_source_the_market_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("SFR_IMPORTS", str(tmp_path))
    monkeypatch.setenv("SFR_FILES_ONLY", "1")
    with pytest.raises(SourceError, match="no indicator of market patchy"):
        deliver(MARKET)


def test_a_ratio_meets_at_the_coarser_frequency_and_waits_for_both(delivered, data):
    ratio = of(delivered, "money_over_output")
    expected = data["money_growth"].reindex(data["output_growth"].index) / data["output_growth"]
    assert ratio["value"].to_numpy() == pytest.approx(expected.to_numpy())
    # Money comes after 12 days, output after 20.
    assert ((ratio["available_at"] - ratio.index).dt.days == 20).all()


def test_paper_mode_draws_a_line_between_quarters_and_real_time_carries_on(delivered, data):
    panel = build_panel(MARKET, delivered).panel
    assert violations(tables.INDICATOR_PANEL, panel) == []
    both = columns(panel, "capital")
    truth = data["capital_ratio"]
    line = truth.resample("ME").asfreq().interpolate()
    paper = both["transformed", "paper"]
    assert paper.to_numpy() == pytest.approx(line.reindex(paper.index).to_numpy())
    is_quarter_end = paper.index.month % 3 == 0
    assert (both["origin", "paper"][is_quarter_end] == "published").all()
    assert (both["origin", "paper"][~is_quarter_end] == "interpolated").all()
    # Published 50 days after the quarter: in the second month after it, for three months.
    real_time = both["transformed", "real_time"]
    for month, quarter in (("2008-05", "2008-03"), ("2008-07", "2008-03"), ("2008-08", "2008-06")):
        assert real_time[month].item() == truth[quarter].item()
    assert both["origin", "real_time"]["2008-05"].item() == "published"
    assert (both["origin", "real_time"]["2008-06":"2008-07"] == "carried").all()


def test_a_month_that_is_never_published_is_bridged_or_carried(delivered, data):
    both = columns(build_panel(MARKET, delivered).panel, "investment")
    truth = data["investment"]
    paper, real_time = both["transformed", "paper"], both["transformed", "real_time"]
    january = paper["2008-01"].item()
    assert january == pytest.approx((truth["2007-12"].item() + truth["2008-02"].item()) / 2)
    assert paper["2008-02"].item() == truth["2008-02"].item()
    assert set(both["origin", "paper"][both.index.month == 1]) == {"interpolated"}
    # January holds December's figure, February still does, March holds February's.
    assert real_time["2008-01":"2008-03"].to_list() == [
        truth["2007-12"].item(),
        truth["2007-12"].item(),
        truth["2008-02"].item(),
    ]
    assert set(both["origin", "real_time"][both.index.month == 2]) == {"carried"}


def test_statistics_count_what_was_filled(delivered):
    statistics = describe_indicators(MARKET, build_panel(MARKET, delivered).panel)
    assert violations(tables.INDICATOR_STATISTICS, statistics) == []
    rows = statistics.set_index("indicator")
    assert rows.loc["capital", "n_interpolated"] == 64
    assert rows.loc["investment", "n_interpolated"] == 8
    assert rows.loc["investment", "n_carried"] == 8
    assert rows.loc["term_spread", ["n_interpolated", "n_carried"]].to_list() == [0, 0]
    assert rows.loc["capital", "frequency"] == "quarterly"
    assert rows.loc["money_over_output", "release_lag"] == 20
    assert "gaps up to 3 months" in rows.loc["capital", "transform"]
    assert (rows[["n_winsorised_paper", "n_winsorised_real_time"]] == 0).all(axis=None)


def test_a_daily_series_with_a_lag_holds_what_was_known_at_the_end_of_the_month(delivered, data):
    both = columns(build_panel(MARKET, delivered).panel, "repo_level")["transformed"]
    repo = data["repo_rate"]
    assert both["paper"]["2008-06"].item() == pytest.approx(repo["2008-06"].mean())
    # July's last day, a Thursday, is known on the 1st of August: it counts there.
    known = repo["2008-07-31":"2008-08-29"]
    assert both["real_time"]["2008-08"].item() == pytest.approx(known.mean())


def test_winsorising_is_switched_on_by_information_set_and_counted(data, tmp_path):
    data["investment"]["2011-06-30"] = 500.0
    write_files(tmp_path, data)
    delivered = deliver(MARKET)
    index = MARKET.index.model_copy(update={"winsorise": ["real_time"]})
    market = MARKET.model_copy(update={"index": index})
    panel = build_panel(market, delivered).panel
    rows = describe_indicators(market, panel).set_index("indicator")
    assert rows.loc["investment", ["n_winsorised_paper", "n_winsorised_real_time"]].to_list() == [
        0,
        1,
    ]
    both = columns(panel, "investment")
    assert both["oriented", "paper"]["2011-06"].item() == -500
    past = both["transformed", "real_time"][:"2011-07"].to_numpy()
    middle = np.median(past)
    limit = middle + 5 * 1.4826 * np.median(np.abs(past - middle))
    # Published in July, transformed as it came, oriented with the limit.
    assert both["transformed", "real_time"]["2011-07"].item() == 500
    assert both["oriented", "real_time"]["2011-07"].item() == pytest.approx(-limit)


def test_the_index_works_without_an_indicator_of_a_dimension(delivered):
    panel = build_panel(MARKET, delivered).panel
    frames = index_room.index_tables(MARKET, panel)
    for name in ("sfri", "sfri_weights", "sfri_contributions"):
        table = {table.name: table for table in tables.TABLES}[name]
        assert violations(table, frames[name]) == []
    assert frames["sfri_weights"].groupby(["mode", "ref_date"])["weight"].sum().to_numpy() == (
        pytest.approx(1.0)
    )
    dimensions = index_room.dimension_rows(frames["sfri_weights"], frames["sfri_contributions"])
    assert violations(tables.DIMENSION_INDICES, dimensions) == []
    assert set(dimensions["dimension"]) == {"rates", "banks", "economy"}
    correlations = index_room.correlation_rows(frames["sfri"], dimensions)
    assert violations(tables.DIMENSION_CORRELATIONS, correlations) == []


def test_a_file_replaces_the_open_source_of_its_series_alone(delivered, data, tmp_path):
    before = of(delivered, "term_spread")
    assert set(before["source"]) == {"bundled: moodys.aaa - bundled: french.bill"}
    own = pd.Series(2.0, pd.date_range("2003-01-31", "2012-12-31", freq="ME"))
    write_files(tmp_path, {"bill_rate": own})
    swapped = deliver(MARKET)
    after = of(swapped, "term_spread")
    assert set(after["source"]) == {"bundled: moodys.aaa - file: bill_rate.csv"}
    assert not np.allclose(after["value"], before["value"].reindex(after.index))
    others = [frame[frame["indicator"] != "term_spread"] for frame in (delivered, swapped)]
    pd.testing.assert_frame_equal(*(frame.reset_index(drop=True) for frame in others))


def test_series_too_short_or_outside_the_sample_are_left_out_by_name(data, tmp_path):
    data["repo_rate"] = data["repo_rate"][:200]
    data["investment"] = data["investment"][:"2004-12"]
    write_files(tmp_path, data)
    delivered = deliver(MARKET)
    missing = absent(MARKET, delivered).set_index("indicator")["reason"]
    assert list(missing.index) == ["repo_level", "repo_volatility", "investment", "reserve_growth"]
    assert "lie outside the sample" in missing["investment"]
    data["repo_rate"] = series()["repo_rate"]["2012-02-01":]
    write_files(tmp_path, data)
    delivered = deliver(MARKET)
    reason = absent(MARKET, delivered).set_index("indicator")["reason"]
    assert "repo_level" not in reason
    assert "too few for garch_volatility, which needs 250" in reason["repo_volatility"]


def test_a_volatility_that_has_no_year_to_start_from_is_missing_in_real_time_only(data, tmp_path):
    data["repo_rate"] = data["repo_rate"]["2012-01-02":]
    write_files(tmp_path, data)
    delivered = deliver(MARKET)
    missing = absent(MARKET, delivered).set_index("indicator")
    assert list(missing.index) == ["repo_volatility", "reserve_growth"]
    assert missing.loc["repo_volatility", "reason"].startswith("none in real time yet: ")
    panel = build_panel(MARKET, delivered).panel
    modes = panel[panel["indicator"] == "repo_volatility"]["mode"]
    assert set(modes) == {"paper"}
    frames = index_room.index_tables(MARKET, panel)
    assert violations(tables.SFRI_WEIGHTS, frames["sfri_weights"]) == []
    statistics = describe_indicators(MARKET, panel)
    assert violations(tables.INDICATOR_STATISTICS, statistics) == []


def test_a_volatility_whose_estimation_does_not_converge_is_left_out_by_name(
    delivered, monkeypatch, caplog
):
    monkeypatch.setattr("sfr_pipeline.econometrics.garch.MOST_STEPS", 1)
    missing = absent(MARKET, delivered).set_index("indicator")
    assert "of repo_volatility did not converge" in missing.loc["repo_volatility", "reason"]
    assert "spells without moves" in missing.loc["repo_volatility", "remedy"]
    panel = build_panel(MARKET, delivered).panel
    assert "repo_volatility" not in set(panel["indicator"])
    assert len(set(panel["indicator"])) > 1


def test_a_rate_that_never_moves_has_no_volatility_and_is_named(data, tmp_path):
    data["repo_rate"][:] = 2.0
    write_files(tmp_path, data)
    missing = absent(MARKET, deliver(MARKET)).set_index("indicator")["reason"]
    assert "constant" in missing["repo_volatility"]


@pytest.mark.parametrize("days", [20, 60, 250])
def test_a_rate_with_long_spells_of_no_move_is_estimated_or_named(data, tmp_path, days):
    rate = data["repo_rate"]
    data["repo_rate"][:] = rate.to_numpy()[np.arange(len(rate)) // days * days]
    write_files(tmp_path, data)
    delivered = deliver(MARKET)
    panel = build_panel(MARKET, delivered).panel
    missing = absent(MARKET, delivered).set_index("indicator")["reason"]
    held = panel[panel["indicator"] == "repo_volatility"]
    for mode, wording in (("paper", "none in paper mode"), ("real_time", "none in real time")):
        values = held.loc[held["mode"] == mode, "transformed"]
        assert values.notna().any() or wording in missing["repo_volatility"]


def test_one_day_of_publication_for_all_values_leaves_nothing_to_estimate_from(delivered):
    at_once = delivered.assign(available_at=pd.Timestamp("2012-12-31"))
    missing = absent(MARKET, at_once).set_index("indicator")["reason"]
    assert missing["repo_volatility"].startswith("none in real time yet")
    later = delivered.assign(available_at=pd.Timestamp("2013-02-01"))
    missing = absent(MARKET, later).set_index("indicator")["reason"]
    assert "published after the sample (2013-02-01)" in missing["capital"]
    rows = room.panel_rows(MARKET, at_once, "real_time")
    assert "repo_volatility" not in set(rows["indicator"])
    assert set(rows["ref_date"]) == {pd.Timestamp("2012-12-31")}


def test_one_late_day_of_publication_does_not_hide_the_values_after_it(delivered):
    late = delivered.copy()
    one = (late["indicator"] == "capital") & (late["ref_date"] == "2008-03-31")
    late.loc[one, "available_at"] = pd.Timestamp("2011-12-31")
    before, after = (
        columns(room.panel_rows(MARKET, rows, "real_time"), "capital")["transformed", "real_time"]
        for rows in (delivered, late)
    )
    changed = before[~before.eq(after.reindex(before.index))]
    # Published in May 2008, it stood until the next quarter's figure in August.
    assert list(changed.index.strftime("%Y-%m")) == ["2008-05", "2008-06", "2008-07"]


def test_files_that_end_long_before_the_sample_are_refused_with_both_remedies(data, monkeypatch):
    sample = MARKET.sample.model_copy(update={"until": "2013-06"})
    market = MARKET.model_copy(update={"sample": sample})
    monkeypatch.setenv("SFR_FILES_ONLY", "1")
    with pytest.raises(SourceError, match=r"SFR_END=2012-12 .* or deliver newer files"):
        deliver(market)
    shorter = sample.model_copy(update={"until": "2013-05"})
    assert len(deliver(market.model_copy(update={"sample": shorter})))


def test_past_the_tables_no_file_is_read_and_nobody_is_asked(data, tmp_path, monkeypatch):
    def made(series, missing):
        indicators = room.deliver_indicators(MARKET, NO_PRICES, series, missing)
        few = indicators[indicators["indicator"] != "capital"]
        panel = build_panel(MARKET, indicators).panel
        return indicators, panel, missing_indicators(MARKET, few, missing)

    tables = fetch_series(MARKET)
    before = made(*tables)
    assert before[2]["indicator"].to_list() == ["capital", "reserve_growth"]
    shutil.rmtree(tmp_path / "patchy")
    monkeypatch.setattr(sources, "source", nobody)
    for one, again in zip(before, made(*tables), strict=True):
        pd.testing.assert_frame_equal(one, again, check_exact=True)


def nobody(name):
    raise AssertionError(f"{name} was asked")


def test_files_only_asks_no_live_source_for_prices(monkeypatch):
    market = load_market("us_live")
    monkeypatch.setenv("SFR_FILES_ONLY", "1")
    monkeypatch.setattr(sources, "source", nobody)
    with pytest.raises(SourceError, match=r"no prices of .*: SFR_FILES_ONLY forbids"):
        fetch_prices(market)


def test_files_only_leaves_prices_that_come_with_the_project(mini, monkeypatch):
    monkeypatch.setenv("SFR_FILES_ONLY", "1")
    assert len(fetch_prices(mini))


def test_an_indicator_that_the_table_lacks_without_cause_calls_for_a_refresh(delivered):
    stale = delivered[delivered["indicator"] != "capital"]
    missing = absent(MARKET, stale).set_index("indicator")
    assert missing.loc["capital", "remedy"] == "refresh it"


def test_values_of_an_open_source_outside_their_range_are_refused(data):
    narrow = [
        s.model_copy(update={"valid_range": (0.0, 3.0)}) if s.id == "bill_rate" else s
        for s in MARKET.series
    ]
    market = MARKET.model_copy(update={"series": narrow})
    with pytest.raises(SourceError, match=r"bundled: french.bill: .* outside 0 to 3"):
        deliver(market)


def test_a_ratio_over_zero_is_refused(data, tmp_path):
    data["output_growth"]["2009-03-31"] = 0.0
    write_files(tmp_path, data)
    with pytest.raises(SourceError, match="output_growth is 0 on 2009-03-31"):
        deliver(MARKET)
