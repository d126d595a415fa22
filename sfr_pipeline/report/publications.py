"""What is told on the day: the newest readings of every leg, as rows that are never changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from sfr_pipeline.markets import Market

Tables = Mapping[str, pd.DataFrame]

COLUMNS = ["quantity", "name", "ref_date", "target_date", "value", "text"]


@dataclass(frozen=True)
class Provenance:
    """What it takes to make a publication again.

    Attributes:
        delivered_until: moment of the newest delivery that it rests on.
        catalogue: SHA-256 of the catalogue.
        code_version: of this software.
        run: that told it.
    """

    delivered_until: pd.Timestamp
    catalogue: str
    code_version: str
    run: str


def tables_told(market: Market) -> list[str]:
    """Tables of a market whose newest readings are told.

    Of posts they are where the market has nothing else: those of a real forum may take weeks to
    crawl, and what else was measured is told without them.
    """
    if market.posts_alone:
        return ["npoi"]
    names = []
    if market.monthly:
        names += ["sfri", "regimes"]
    if market.forecasting is not None:
        names += ["forecast_fan"]
    if market.stress is not None:
        names += ["stress_predictions"]
    return names


def readings(market: Market, tables: Tables) -> pd.DataFrame:
    """The newest readings, all as of real time.

    Args:
        market: the catalogue.
        tables: frames of ``tables_told``, by name; an empty one tells nothing.
    """
    rows: list[list[object]] = []
    if market.posts_alone:
        rows += _opinion(tables["npoi"])
    if market.monthly:
        rows += _of_index(market, tables)
    if market.stress is not None:
        rows += _stress(tables["stress_predictions"])
    return pd.DataFrame(rows, columns=COLUMNS)


def readings_of_index(market: Market, tables: Tables) -> pd.DataFrame:
    """Those of the index, its regime and its forecasts alone.

    Args:
        market: the catalogue, with an index.
        tables: frames by name: ``sfri`` and ``regimes``; ``forecast_fan`` may be missing.
    """
    return pd.DataFrame(_of_index(market, tables), columns=COLUMNS)


def publication_rows(
    told: pd.DataFrame, before: pd.DataFrame, at: pd.Timestamp, provenance: Provenance
) -> pd.DataFrame:
    """Rows of table ``publications``: none where the same was told last time.

    Args:
        told: from ``readings``.
        before: table ``publications`` so far.
        at: this moment, in UTC.
        provenance: of the readings.
    """
    last = before[before["published_at"] == before["published_at"].max()]
    key = ["quantity", "name", "ref_date", "target_date"]
    if not last.empty:
        same = last[[*key, "value"]].sort_values(key, ignore_index=True)
        if same.equals(told[[*key, "value"]].sort_values(key, ignore_index=True)):
            told = told.iloc[:0]
    return told.assign(
        published_at=at,
        delivered_until=provenance.delivered_until,
        catalogue=provenance.catalogue,
        code_version=provenance.code_version,
        run=provenance.run,
    )


def _of_index(market: Market, tables: Tables) -> list[list[object]]:
    rows = [*_index(tables["sfri"]), *_regime(tables["regimes"])]
    if market.forecasting is not None and "forecast_fan" in tables:
        rows += _forecasts(tables["forecast_fan"])
    return rows


def _index(sfri: pd.DataFrame) -> Iterator[list[object]]:
    rows = sfri[sfri["mode"] == "real_time"].sort_values("ref_date")
    for row in rows.tail(1).itertuples(index=False):
        for name, value, text in (
            ("sfri", row.sfri, "systemic financial risk index, standard deviations"),
            ("band_low", row.band_low, "lower bound of its posterior band"),
            ("band_high", row.band_high, "upper bound of its posterior band"),
            ("percentile", row.percentile, "percentile of the index in its own history, per cent"),
        ):
            yield [name, "", row.ref_date, row.ref_date, value, text]


def _opinion(npoi: pd.DataFrame) -> Iterator[list[object]]:
    rows = npoi[npoi["variant"] == "real_time"].sort_values("ref_date")
    for row in rows.tail(1).itertuples(index=False):
        for name, value, text in (
            ("npoi", row.npoi, "network public opinion index"),
            ("mean_sentiment", row.mean_score, "mean sentiment of the month's posts"),
        ):
            yield [name, "", row.ref_date, row.ref_date, value, text]


def _regime(regimes: pd.DataFrame) -> Iterator[list[object]]:
    rows = regimes[(regimes["mode"] == "real_time") & (regimes["horizon"] == 0)]
    for row in rows.sort_values("ref_date").tail(1).itertuples(index=False):
        text = "probability of the regime in which the index moves strongly"
        yield ["regime_high", "", row.ref_date, row.ref_date, row.probability_high, text]


def _forecasts(fan: pd.DataFrame) -> Iterator[list[object]]:
    for row in fan.itertuples(index=False):
        for name, text in (
            ("forecast", "forecast of the index, standard deviations"),
            ("low_90", "lower bound of its 90 % interval"),
            ("high_90", "upper bound of its 90 % interval"),
        ):
            yield [name, row.model, row.origin, row.ref_date, getattr(row, name), text]


def _stress(predictions: pd.DataFrame) -> Iterator[list[object]]:
    rows = predictions[(predictions["protocol"] == "walk_forward") & (predictions["seed"] == -1)]
    newest = rows[rows["date"] == rows["date"].max()].dropna(subset="probability")
    for row in newest.itertuples(index=False):
        text = f"probability of stress ({row.label}) in the days ahead"
        yield ["stress", f"{row.model}, {row.label}", row.date, row.date, row.probability, text]
