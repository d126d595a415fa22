"""Series that a catalogue wants from files, and what is read of them."""

import datetime as dt
from typing import NamedTuple

import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources.files.folder import Imports

TODAY = dt.date(2024, 6, 15)
ROWS = "2024-01-31,1\n2024-02-29,2\n"


class Wanted(NamedTuple):
    id: str
    unit: str = "per cent"
    frequency: str = "monthly"
    valid_range: tuple[float, float] | None = None
    workbook: str | None = None
    typical: tuple[float, float] | None = None


PRICES = Wanted("prices", valid_range=(0.5, 20.0))
RATE = Wanted("rate", frequency="daily")
CAPITAL = Wanted("capital", frequency="quarterly")
BALANCE = Wanted("balance", unit="CNY 100 million", valid_range=(1e4, 9e5))
ALL = (PRICES, RATE, CAPITAL, BALANCE)


def put(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(folder, name="prices"):
    return Imports(folder, ALL).read(name, TODAY)


def refusal(folder, name="prices"):
    with pytest.raises(SourceError) as refused:
        read(folder, name)
    message = str(refused.value)
    assert "\n" not in message
    assert len(message) < 400 + len(str(folder))
    return message
