"""What can be wrong between the parts of a catalogue: where, and a sentence with the remedy."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from sfr_pipeline.markets.indicator import AGGREGATIONS, Measured, PriceInput
from sfr_pipeline.markets.market import Market
from sfr_pipeline.markets.model import Model
from sfr_pipeline.markets.series import Series

Location = tuple[int | str, ...]
Faults = Iterator[tuple[Location, str]]

# Months in a quarter: what spans months must span whole quarters there.
QUARTER = 3


def faults_of(market: Market) -> Faults:
    """Find what is wrong between the parts of a market."""
    yield from _duplicates("indicators", "id", market.indicators)
    yield from _duplicates("prices", "symbol", market.prices)
    yield from _duplicates("prices", "code", market.prices)
    yield from _duplicates("series", "id", market.series)
    yield from _duplicates("warning_inputs", "id", market.warning_inputs)
    yield from _duplicates("references", "id", market.references)
    yield from _duplicates("events", "id", market.events)
    yield from _dimensions(market)
    yield from _series(market)
    yield from _references(market)
    for group in ("indicators", "warning_inputs"):
        for position, measured in enumerate(getattr(market, group)):
            yield from _measured(market, measured, (group, position))


def _duplicates(group: str, field: str, items: Sequence[Model]) -> Faults:
    first: dict[str, int] = {}
    for position, item in enumerate(items):
        value = getattr(item, field)
        if value in first:
            message = f"'{value}' is already the {field} of entry {first[value] + 1} of '{group}'"
            yield (group, position, field), message
        first.setdefault(value, position)


def _dimensions(market: Market) -> Faults:
    used = set(market.dimension_of().values())
    for name in market.dimensions:
        if name not in used:
            message = "no indicator belongs to this dimension: add one, or leave it out"
            yield ("dimensions", name), message
    for position, indicator in enumerate(market.indicators):
        if indicator.dimension not in market.dimensions:
            yield (
                ("indicators", position, "dimension"),
                f"'{indicator.dimension}' is no dimension of this market: choose from "
                f"{', '.join(market.dimensions)}, or add it to 'dimensions'",
            )
    for position, event in enumerate(market.events):
        if event.dimension is not None and event.dimension not in market.dimensions:
            yield (
                ("events", position, "dimension"),
                f"'{event.dimension}' is no dimension of this market: choose from "
                f"{', '.join(market.dimensions)}, or leave it out",
            )


def _references(market: Market) -> Faults:
    series = {series.id for series in market.series}
    for position, reference in enumerate(market.references):
        if reference.id in series:
            message = (
                f"'{reference.id}' is a series already, and they would share a file: rename it"
            )
            yield ("references", position, "id"), message
        if reference.source is None and market.files is None:
            yield (
                ("references", position, "source"),
                "this reference has no open source, and the market no folder for files: name one, "
                f"such as 'files: imports/{market.name}'",
            )


def _series(market: Market) -> Faults:
    by_id = {series.id: series for series in market.series}
    used = {
        name
        for measured in (*market.indicators, *market.warning_inputs)
        if not isinstance(measured.input, PriceInput)
        for name in measured.input.ids
    } | {series.continuation.series for series in market.series if series.continuation}
    for position, series in enumerate(market.series):
        where: Location = ("series", position)
        if series.id not in used:
            yield where, "nothing refers to this series: use it, or leave it out"
        if series.source is None and market.files is None:
            yield (
                (*where, "source"),
                "this series has no open source, and the market no folder for files: name one, "
                f"such as 'files: imports/{market.name}'",
            )
        if series.continuation is not None:
            yield from _continuation(series, by_id, (*where, "continuation"))


def _continuation(series: Series, by_id: dict[str, Series], where: Location) -> Faults:
    assert series.continuation is not None
    name = series.continuation.series
    if name not in by_id:
        yield (*where, "series"), _unknown(name, by_id)
        return
    other = by_id[name]
    if other.continuation is not None:
        yield where, f"'{name}' has a continuation itself: continue only once"
    if (other.unit, other.frequency) != (series.unit, series.frequency):
        yield (
            where,
            f"'{name}' is {other.frequency} in {other.unit}, but '{series.id}' is "
            f"{series.frequency} in {series.unit}: continue with a series of the same kind",
        )


def _measured(market: Market, measured: Measured, where: Location) -> Faults:
    request = measured.input
    if isinstance(request, PriceInput):
        symbols = {instrument.symbol for instrument in market.prices}
        used = {*request.symbols, *filter(None, [request.market])}
        if unknown := sorted(used - symbols):
            message = f"{', '.join(unknown)} is not among this market's 'prices'"
            yield (*where, "input"), message
    else:
        by_id = {series.id: series for series in market.series}
        if missing := [name for name in request.ids if name not in by_id]:
            for name in missing:
                yield (*where, "input"), _unknown(name, by_id)
            return
        units = [series.unit for series in market.series_of(measured)]
        if request.minus is not None and units[0] != units[1]:
            yield (
                (*where, "input"),
                f"'{request.series}' is in {units[0]}, but '{request.minus}' in {units[1]}: "
                "subtract only what has the same unit",
            )
        if len(units) == 1 and measured.unit != units[0]:
            yield (
                (*where, "unit"),
                f"the series '{request.series}' is in {units[0]}, not in {measured.unit}: "
                "write the same unit in both places",
            )
    yield from _transforms(market, measured, (*where, "transform"))


def _transforms(market: Market, measured: Measured, where: Location) -> Faults:
    frequency = market.frequency_of(measured)
    first = measured.transform[0].name
    if frequency == "daily" and first not in AGGREGATIONS:
        yield (
            where,
            f"the transforms of a daily indicator begin with one of {', '.join(AGGREGATIONS)}",
        )
    if frequency != "daily" and first in ("month_mean", "month_end"):
        yield where, f"{first} is for daily indicators, and this one is {frequency}"
    if frequency == "quarterly":
        for step in measured.transform:
            span = step.parameter if isinstance(step.parameter, int) else QUARTER
            if step.name in ("garch_volatility", "rolling_sd", "month_on_month"):
                yield where, f"{step.name} needs values of every month, and this one is quarterly"
            elif span % QUARTER:
                yield where, f"{step} of a quarterly indicator must span whole quarters: 3, 6, 12"


def _unknown(name: str, known: dict[str, Series]) -> str:
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean '{near[0]}'?" if near else "add it to 'series'"
    return f"there is no series '{name}': {hint}"
