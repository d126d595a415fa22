"""Files of prices as vendors write them, made by somebody who has not read the readers."""

import datetime as dt
import math
from collections import namedtuple

import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.markets import load_market
from sfr_pipeline.sources.files.prices import read_price_folder
from sfr_pipeline_tests.vendors.manifest import FILES, RECORDS, record
from sfr_pipeline_tests.vendors.variants import VARIANTS as ALL

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


VARIANTS = [one for one in ALL if one.place == "prices" and one.case in (3, 4, 5, 6)]


@pytest.mark.parametrize("one", VARIANTS, ids=lambda one: one.name)
def test_a_variant_of_a_public_fault_is_read_or_told_of(tmp_path, one):
    one.lay_out(tmp_path / "prices")
    market = load_market("world").prices
    if one.refused:
        with pytest.raises(SourceError) as error:
            read_price_folder(tmp_path, market, TODAY)
        for words in one.refused:
            assert any(word.casefold() in str(error.value).casefold() for word in words)
        return
    folder = read_price_folder(tmp_path, market, TODAY)
    for symbol, closes in one.read.items():
        own = folder.prices[folder.prices["symbol"] == symbol].set_index("date")["close"]
        assert {f"{day:%Y-%m-%d}": close for day, close in own.items()} == pytest.approx(closes)
    told = " ".join([*(" ".join(said) for said in folder.passed_over), *folder.prices["file"]])
    for words in one.told:
        assert any(word in told for word in words)
