"""The tables of inputs as a first refresh on an empty warehouse leaves them."""

import datetime as dt
from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from sfr_pipeline.inputs.archive import prices_as_of
from sfr_pipeline.inputs.receiving import Received, receive
from sfr_pipeline.inputs.views import inputs_as_of
from sfr_pipeline.storage import tables

NO_PRICES = prices_as_of(tables.DELIVERIES.empty())
NOON = dt.datetime(2026, 11, 26, 12)


class SeriesTables(NamedTuple):
    series: pd.DataFrame
    missing: pd.DataFrame


def refresh(market, before: Received | None = None, at=NOON, run="run"):
    """One refresh, after another where ``before`` is given: its deliveries then are the archive."""
    history = tables.DELIVERIES.empty() if before is None else before.deliveries
    status = tables.INPUT_STATUS.empty() if before is None else before.status
    received = receive(market, history, status, at, run)
    whole = pd.concat([history, received.deliveries], ignore_index=True)
    return replace(received, deliveries=whole)


def fetch_series(market):
    """Tables series and missing_series; prices are not asked for."""
    received = refresh(market.model_copy(update={"prices": []}))
    received.stop_if_fatal()
    return SeriesTables(inputs_as_of(market, received.deliveries).series, received.missing)


def fetch_prices(market):
    """Table prices."""
    received = refresh(market)
    received.stop_if_fatal()
    return inputs_as_of(market, received.deliveries).prices
