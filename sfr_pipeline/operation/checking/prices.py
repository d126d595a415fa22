"""How files of prices would be read: each alone, then those that hold the same instrument."""

import datetime as dt
from pathlib import Path

from sfr_pipeline.errors import SourceError
from sfr_pipeline.markets import Market
from sfr_pipeline.operation.checking.finding import CheckedFile, Held, Part
from sfr_pipeline.operation.checking.views import ask, refusal_of
from sfr_pipeline.sources.files.price_names import MAPPING
from sfr_pipeline.sources.files.prices import (
    PriceFolder,
    price_folder,
    read_price_folder,
)


def check_prices(market: Market, imports: Path, today: dt.date) -> Part:
    """Look through the files of a market's prices.

    Args:
        market: the catalogue.
        imports: the market's folder of files.
        today: nothing may speak of later days.
    """
    found = Part("prices")
    try:
        folder = price_folder(imports)
    except SourceError as error:
        found.files.append(CheckedFile(imports.name, refused=[str(error)]))
        return found
    if folder is None:
        return found

    def read(view: Path) -> PriceFolder:
        return read_price_folder(view, market.prices, today)

    below = f"{folder.name}/"
    names = sorted(
        path.relative_to(imports).as_posix() for path in folder.rglob("*") if not path.is_dir()
    )
    mapping = [name for name in names if name == f"{below}{MAPPING}"]
    if mapping and (told := refusal_of(imports, mapping, read)):
        found.files.append(CheckedFile(mapping[0], refused=[told]))
        mapping = []
    places: dict[str, str] = {}
    for name in names:
        if name == f"{below}{MAPPING}":
            continue
        try:
            alone = ask(imports, [name, *mapping], read)
        except SourceError as error:
            found.files.append(CheckedFile(name, refused=[str(error)]))
            continue
        passed = [(f"{below}{place}", why) for place, why in alone.passed_over]
        if not alone.files:
            found.passed_over += passed
            continue
        file = _file(name, alone, market)
        file.ignored = [why for _, why in passed]
        for held in file.held:
            other = places.setdefault(held.name, name)
            both = [other, name, *mapping]
            if other != name and (told := refusal_of(imports, both, read)):
                file.refused.append(told)
        found.files.append(file)
    return found


def _file(name: str, alone: PriceFolder, market: Market) -> CheckedFile:
    units = {one.symbol: one.unit for one in market.prices}
    (read,) = alone.files
    file = CheckedFile(name, read.layout, read.format)
    for symbol, bars in alone.prices.groupby("symbol", sort=False):
        first, last = bars.iloc[0], bars.iloc[-1]
        file.held.append(
            Held(
                str(symbol),
                f"{first['date']:%Y-%m-%d}",
                f"{last['date']:%Y-%m-%d}",
                float(first["close"]),
                float(last["close"]),
                len(bars),
                units[str(symbol)],
            )
        )
    return file
