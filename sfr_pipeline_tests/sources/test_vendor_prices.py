"""Files of prices as vendors write them, made by somebody who has not read the readers."""

import datetime as dt
import math
from collections import namedtuple

import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources.files.prices import read_price_folder
from sfr_pipeline_tests.vendors.manifest import FILES, RECORDS, record

Instrument = namedtuple("Instrument", ["symbol", "code", "known_as"])
TODAY = dt.date(2026, 11, 27)
PRICES = [one for one in RECORDS if one.kind == "prices"]


def read(tmp_path, one, mapping=""):
    """The prices of a file, read from a folder as users have it."""
    folder = tmp_path / "prices"
    folder.mkdir(parents=True)
    (folder / one.path.rpartition("/")[2]).write_bytes((FILES / one.path).read_bytes())
    if mapping:
        (folder / "mapping.yaml").write_text(mapping, encoding="utf-8")
    truth = one.prices or record(one.refused.mended).prices
    market = [Instrument(symbol, None, ()) for symbol in truth]
    return read_price_folder(tmp_path, market, TODAY)


def same(found, true):
    return math.isnan(found) if true is None else found == pytest.approx(true, rel=1e-12)


@pytest.mark.parametrize(
    "one", [one for one in PRICES if one.refused is None], ids=lambda one: one.path
)
def test_a_file_of_a_vendor_has_the_numbers_that_went_into_it(tmp_path, one):
    prices = read(tmp_path, one).prices
    assert set(prices["symbol"]) == set(one.prices)
    for symbol, bars in one.prices.items():
        found = prices[prices["symbol"] == symbol].set_index("date")
        closes = {day: bar for day, bar in bars.items() if bar.close is not None}
        assert [f"{day:%Y-%m-%d}" for day in found.index] == sorted(closes)
        for day, bar in closes.items():
            row = found.loc[day]
            for field in ("open", "high", "low", "close", "volume"):
                assert same(row[field], getattr(bar, field)), (day, field)


@pytest.mark.parametrize(
    "one", [one for one in PRICES if one.refused is not None], ids=lambda one: one.path
)
def test_a_broken_file_is_refused_and_its_mended_one_read(tmp_path, one):
    with pytest.raises(SourceError) as error:
        read(tmp_path / "broken", one)
    said = str(error.value).replace(str(tmp_path), "")
    for words in one.refused.words:
        assert any(word.casefold() in said.casefold() for word in words), (said, words)
    mended = record(one.refused.mended)
    assert not read(tmp_path / "mended", mended).prices.empty
