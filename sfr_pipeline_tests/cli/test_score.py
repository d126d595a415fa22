"""One model alone, and one leg alone: what is asked for, and what is refused."""

from math import nan

import dagster as dg
import pandas as pd
import pytest

from sfr_pipeline.__main__ import main
from sfr_pipeline.cli.dagster_command import materialize_leg
from sfr_pipeline.cli.score import COLUMNS, score_text
from sfr_pipeline.cli.workspace_files import workspace_yaml, write_workspace
from sfr_pipeline.definitions import build_definitions
from sfr_pipeline.evaluation.models import benchmark, find, models_of
from sfr_pipeline.markets import load_market
from sfr_pipeline.storage import tables
from sfr_pipeline_tests.checkout import CHECKOUT


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("crystal_ball", "there is no model 'crystal_ball': none of your own is in 'extensions/'"),
        ("transformer", "'transformer' is a model of forecasting, stress: say which with --leg"),
    ],
)
def test_a_model_that_nobody_can_mean_is_refused(model, says, capsys):
    with pytest.raises(SystemExit):
        main(["score", "sandbox", model])
    assert says in capsys.readouterr().err


def test_a_warehouse_without_a_run_says_what_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SFR_WAREHOUSE", str(tmp_path))
    monkeypatch.delenv("SFR_PROFILE", raising=False)
    assert main(["score", "sandbox", "ar1"]) == 1
    told = capsys.readouterr().err
    assert "run the market once ('" in told
    assert "sfr run sandbox')" in told


def test_what_is_printed_are_columns_of_the_table_of_scores():
    of_leg = {
        "forecasting": tables.FORECAST_SCORES,
        "stress": tables.STRESS_SCORES,
        "volatility": tables.VOLATILITY_SCORES,
    }
    for leg, columns in COLUMNS.items():
        assert set(columns) <= {column.name for column in of_leg[leg].columns}


def test_the_model_that_was_asked_for_is_marked():
    model = next(each for each in models_of("stress") if each.lead)
    rows = [{"model": each.id, "auroc": 0.5} for each in (benchmark("stress"), model)]
    _, first, second = score_text(pd.DataFrame(rows), model).splitlines()
    assert first.split() == [*benchmark("stress").name.split(), "0.500"]
    assert second.split() == [">", *find("stress", model.id).name.split(), "0.500"]


@pytest.mark.parametrize(
    ("ratio", "p_value", "verdict"),
    [
        (0.8, 0.01, "better"),
        (1.3, 0.01, "worse"),
        (0.9, 0.2, "undecided"),
        (0.9, nan, "undecided"),
    ],
)
def test_a_forecaster_is_judged_beside_no_change_by_its_test_alone(ratio, p_value, verdict):
    nothing, model = benchmark("forecasting"), find("forecasting", models_of("forecasting")[5].id)
    rows = [
        {
            "model": each.id, "horizon": 1, "n_forecasts": 60, "rmse_ratio": found,
            "p_no_change": p_value if each is model else nan,
        }
        for each, found in ((model, ratio), (nothing, 1.0))
    ]  # fmt: skip
    *table, last = score_text(pd.DataFrame(rows), model).splitlines()
    assert f"has {ratio:.3f} of the error of no change over 60 forecasts" in last
    assert f": {verdict}" in last
    assert (">" in table[1]) == (ratio < 1)


@pytest.mark.parametrize("leg", ["forecasting", "stress"])
def test_one_leg_is_its_tables_and_the_report_without_partitions(leg):
    market = load_market("sandbox")
    chosen = dg.AssetSelection.from_string(materialize_leg(market, leg)[-1])
    graph = build_definitions(market).resolve_asset_graph()
    names = {key.path[-1] for key in chosen.resolve(graph)}
    scores = {"forecasting": {"forecast_scores"}, "stress": {"stress_scores", "volatility_scores"}}
    assert names >= {"models", "report", *scores[leg]}
    assert names.isdisjoint({"sfri", "posts", "series", "prices"})
    assert not any(graph.get(key).is_partitioned for key in chosen.resolve(graph))


def test_a_leg_that_a_market_has_not_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["run", "world", "--only", "forecasting"])
    assert "market world has no leg forecasting" in capsys.readouterr().err


def test_a_market_without_the_leg_is_told_so_and_not_to_run(tmp_path, monkeypatch, capsys):
    write_workspace(tmp_path, [])
    (tmp_path / "workspace.yaml").write_text(workspace_yaml(["mini"]), encoding="utf-8")
    mini = (CHECKOUT / "sfr_pipeline_tests" / "catalogues" / "mini.yaml").read_text("utf-8")
    (tmp_path / "markets" / "mini.yaml").write_text(mini, encoding="utf-8")
    monkeypatch.setenv("SFR_WORKSPACE", str(tmp_path))
    with pytest.raises(SystemExit):
        main(["score", "mini", "climatology"])
    assert "market mini has no leg that climatology is a model of" in capsys.readouterr().err
