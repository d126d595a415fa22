"""Daily prices of a market: from the user's files where there are any, else from open sources."""

import logging
from collections.abc import Sequence

import pandas as pd

from sfr_pipeline import sources
from sfr_pipeline.errors import SourceError
from sfr_pipeline.inputs.files import read_files
from sfr_pipeline.inputs.samples import sample_end
from sfr_pipeline.markets import Market
from sfr_pipeline.markets.market import Instrument
from sfr_pipeline.sources.files import prices as price_files
from sfr_pipeline.sources.files.folder import files_only

LOG = logging.getLogger(__name__)

# Sources that come with this project: asking them asks nobody.
NOT_LIVE = ("bundled", "sandbox")

NO_PRICES = pd.DataFrame(
    {
        "date": pd.Series(dtype="datetime64[us]"),
        **{name: pd.Series(dtype=float) for name in ("open", "high", "low", "close", "volume")},
        "symbol": pd.Series(dtype=str),
    }
)


def fetch_prices(market: Market) -> pd.DataFrame:
    """Daily prices of the market's instruments, if it has any, up to the end of its sample.

    Files take precedence over the sources, instrument by instrument. An index rests on all of its
    prices. Of a market that is measured by day alone instruments may be missing: the log says
    why, table ``prices_quality`` which, and the stress leg refuses if too few are left.

    Returns:
        Rows of table ``prices``.

    Raises:
        SourceError: a source does not deliver, or may not be asked; any file is bad.
    """
    filed = read_files(market).prices
    if not market.prices:
        return NO_PRICES
    prices = _gathered(market, filed)
    return prices[prices["date"] <= sample_end(market)]


def _gathered(market: Market, filed: pd.DataFrame | None) -> pd.DataFrame:
    """Prices from files, and from the sources of those instruments that have none."""
    frames = []
    if filed is not None:
        for symbol, name in filed.groupby("symbol")["file"].first().items():
            LOG.info("prices of %s from file %s", symbol, name)
        frames.append(filed.drop(columns=["file", "sha256"]))
    held = {symbol for frame in frames for symbol in frame["symbol"].unique()}
    wanted = [instrument for instrument in market.prices if instrument.symbol not in held]
    live = [instrument for instrument in wanted if instrument.source not in NOT_LIVE]
    if live and files_only():
        message = _forbidden(market, live)
        if market.monthly or not held:
            raise SourceError(message)
        LOG.warning("left out: %s", message)
        wanted = [instrument for instrument in wanted if instrument not in live]
    for name in dict.fromkeys(instrument.source for instrument in wanted):
        frames += _ask(market, name, [i for i in wanted if i.source == name])
    frames = [frame for frame in frames if len(frame)]
    if not frames:
        raise SourceError(
            f"no source delivered any price of market {market.name}: the log says why of each; try "
            "again later, or put files in their place"
        )
    return pd.concat(frames, ignore_index=True)


def _forbidden(market: Market, live: Sequence[Instrument]) -> str:
    names = dict.fromkeys(instrument.source for instrument in live)
    folder = f"{market.files}/{price_files.FOLDER}" if market.files else "a folder of the market"
    return (
        f"SFR_FILES_ONLY forbids to ask {', '.join(names)} for the prices of market {market.name}: "
        f"put files of {', '.join(instrument.symbol for instrument in live)} into {folder}, unset "
        "SFR_FILES_ONLY, or take them and what is measured from them out of the catalogue"
    )


def _ask(market: Market, name: str, instruments: Sequence[Instrument]) -> list[pd.DataFrame]:
    """Prices from one source, asked for one by one where some of them may be missing."""
    symbol_of = {instrument.code: instrument.symbol for instrument in instruments}
    source = sources.source(name)
    frames = []
    for codes in [list(symbol_of)] if market.monthly else [[code] for code in symbol_of]:
        try:
            frame = source.fetch_prices(codes)
        except SourceError as error:
            if market.monthly:
                raise
            LOG.warning("%s is left out: %s", symbol_of[codes[0]], error)
            continue
        frames.append(frame.assign(symbol=frame["code"].map(symbol_of)).drop(columns="code"))
    return frames
