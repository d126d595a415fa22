"""A small warehouse of two markets: one with Chinese names and hostile texts, one synthetic."""

import csv
import datetime as dt
import json

import pandas as pd

from sfr_pipeline.storage import tables
from sfr_pipeline.storage.parquet import ParquetStore

TOLD = dt.datetime(2024, 2, 9, 8, 30, 0, 123456)
FORMULA = '=HYPERLINK("http://example.org","看")'
MONTHS = pd.date_range("2023-10-31", periods=3, freq="ME")
DAYS = pd.bdate_range("2023-12-25", periods=4)
ZERO = {"string": "text", "int": 0, "double": 0.0, "bool": False}
# Forecasters by their error: the second is the one that stands first.
FORECASTERS = {"no_change": 0.30, "ridge": 0.20}
WARNERS = {"climatology": 0.50, "ewma": 0.80, "fhs": 0.70}


def validated(folder):
    """What Frictionless says of an export; it sets a limit for the whole process, which goes."""
    limit = csv.field_size_limit()
    try:
        from frictionless import validate

        return validate(str(folder / "datapackage.json"))
    finally:
        csv.field_size_limit(limit)


def row(table, **values):
    """A row that keeps the contract, with what is named and as little as may be of the rest."""
    return {column.name: values.get(column.name, _least(column)) for column in table.columns}


def _least(column):
    if column.nullable:
        return None
    if column.allowed is not None:
        return next(iter(column.allowed))
    if column.type in ("date", "timestamp"):
        return MONTHS[0]
    lowest = ZERO[column.type]
    return max(lowest, type(lowest)(column.minimum)) if column.minimum is not None else lowest


def frame(table, rows):
    return pd.DataFrame([row(table, **values) for values in rows]) if rows else table.empty()


def catalogue(title, synthetic, series, prices):
    return json.dumps(
        {
            "title": title,
            "synthetic": synthetic,
            "dimensions": {"stock": "股票市场", "bond": "债券市场"},
            "series": [
                {"id": name, "name": f"利率 {name}", "unit": "%", "frequency": "monthly"}
                for name in series
            ],
            "prices": [{"symbol": name, "name": f"上证 {name}", "unit": "点"} for name in prices],
            "stress": {"sub_markets": [{"id": "equity", "name": "股票"}]},
        },
        ensure_ascii=False,
    )


def write_market(root, market, title, synthetic=False, sources=None, level=0.0):
    """Write tables of every leg; ``sources`` gives the provenance of each input by its name."""
    store = ParquetStore(root)
    sources = sources or {"shibor": "akshare: shibor", "000001.SS": "yahoo: 000001.SS"}
    series = [name for name in sources if name.islower()]
    prices = [name for name in sources if not name.islower()]

    def write(table, rows):
        contract = table.as_synthetic() if synthetic else table
        store.write(market, contract, frame(contract, rows))

    for table, rows in (
        (
            tables.CATALOGUES,
            [{"read_at": TOLD, "catalogue": catalogue(title, synthetic, series, prices)}],
        ),
        (
            tables.DELIVERIES,
            [
                {"kind": "series" if name in series else "price", "item": name, "value": 1.5,
                 "ref_date": MONTHS[0], "delivered_at": TOLD, "source": source, "sha256": "ab"}
                for name, source in sources.items()
            ],
        ),
        (
            tables.PUBLICATIONS,
            [{"published_at": TOLD, "quantity": "sfri", "value": -0.25, "code_version": "0.1.9",
              "name": ""}],
        ),
    ):  # fmt: skip
        contract = table.as_synthetic() if synthetic else table
        store.append(market, contract, frame(contract, rows), TOLD, "run")
    write(tables.SERIES, [
        {"series": name, "ref_date": month, "value": level - place / 3, "source": sources[name]}
        for name in series for place, month in enumerate(MONTHS)
    ])  # fmt: skip
    write(tables.PRICES, [
        {"symbol": name, "date": day, "close": 3000.125 + place}
        for name in prices for place, day in enumerate(DAYS)
    ])  # fmt: skip
    write(tables.SFRI, [
        {"mode": mode, "ref_date": month, "sfri": level - 0.1 * place + (mode == "paper"),
         "band_low": level - 1.0, "band_high": level + 1.0, "percentile": 12.5,
         "effective_indicators": 3.0}
        for mode in ("paper", "real_time") for place, month in enumerate(MONTHS)
    ])  # fmt: skip
    write(tables.DIMENSION_INDICES, [
        {"mode": "real_time", "ref_date": month, "dimension": name, "weight": 0.5,
         "dimension_index": None if (name, place) == ("bond", 0) else level + place,
         "contribution": (level + place) / 2}
        for name in ("stock", "bond") for place, month in enumerate(MONTHS)
    ])  # fmt: skip
    write(tables.REGIMES, [
        {"mode": "real_time", "ref_date": month, "horizon": horizon, "probability_low": 0.75,
         "probability_high": 0.25}
        for month, horizon in [*((month, 0) for month in MONTHS), (pd.Timestamp("2024-01-31"), 1)]
    ])  # fmt: skip
    write(tables.EVENTS, [
        {"event": "run", "name": FORMULA, "onset": MONTHS[1], "source": "@某人\n第二行, \"引\""},
        {"event": "calm", "name": "-5 点", "onset": MONTHS[2], "sfri_before": -1.5},
    ])  # fmt: skip
    write(tables.FORECAST_SCORES, [
        {"protocol": "real_time", "split": "test", "target": "basket", "horizon": 1,
         "period": "all", "model": model, "rmse": error, "bar": "no_change", "n_forecasts": 9,
         "n_seeds": 1, "beats_bar": "undecided", "beats_no_change": "undecided"}
        for model, error in FORECASTERS.items()
    ])  # fmt: skip
    write(tables.FORECAST_FAN, [
        {"model": model, "ref_date": pd.Timestamp("2024-01-31"), "origin": MONTHS[-1], "horizon": 1,
         "forecast": error, "low_90": -3.0, "low_50": -2.0, "high_50": 2.0, "high_90": 3.0,
         "n_errors": 30}
        for model, error in FORECASTERS.items()
    ])  # fmt: skip
    write(tables.STRESS_SCORES, [
        {"protocol": "walk_forward", "label": "F21", "period": "all", "days": "all",
         "model": model, "auroc": area, "n_days": 100, "n_seeds": 1, "best_naive": "ewma"}
        for model, area in WARNERS.items()
    ])  # fmt: skip
    write(tables.STRESS_PREDICTIONS, [
        {"protocol": "walk_forward", "label": "F21", "model": model, "seed": -1, "date": day,
         "fold": 2023, "probability": area / 10 + place / 100}
        for model, area in WARNERS.items() for place, day in enumerate(DAYS)
    ])  # fmt: skip
    write(tables.VOLATILITY_FORECASTS, [
        {"panel": "sub_markets", "horizon": horizon, "model": "harx", "seed": -1, "date": day,
         "market": "equity", "forecast": horizon / 100}
        for horizon in (5, 21) for day in DAYS
    ])  # fmt: skip
    write(tables.EVENT_SCORES, [
        {"label": "F21", "model": model, "event": "run", "onset": MONTHS[1],
         "warned": model == "ewma", "lead": 12 if model == "ewma" else None}
        for model in WARNERS
    ])  # fmt: skip
    write(tables.NPOI, [
        {"variant": variant, "ref_date": month, "npoi": -0.5, "n_posts": 12,
         "share_neutral": 1.0}
        for variant in ("paper", "real_time") for month in MONTHS
    ])  # fmt: skip
    write(tables.POSTS, [
        {"post_id": f"p{place}", "published_at": month, "text": FORMULA}
        for place, month in enumerate(MONTHS)
    ])  # fmt: skip
    write(tables.MISSING_SERIES, [])
