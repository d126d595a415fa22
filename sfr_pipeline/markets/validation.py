"""What can be wrong between the parts of a catalogue: where, and a sentence with the remedy."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from sfr_pipeline.markets.forecasting import RESERVED, ForecastingSettings, Gap
from sfr_pipeline.markets.indicator import AGGREGATIONS, Measured, PriceInput
from sfr_pipeline.markets.market import Market
from sfr_pipeline.markets.model import Model
from sfr_pipeline.markets.series import Series
from sfr_pipeline.markets.stress import StressSettings
from sfr_pipeline.sources.files.known import same_name

Location = tuple[int | str, ...]
ValidationErrors = Iterator[tuple[Location, str]]

# Months in a quarter: what spans months must span whole quarters there.
QUARTER = 3


def validation_errors(market: Market) -> ValidationErrors:
    """Find what is wrong between the parts of a market."""
    yield from _duplicates("indicators", "id", market.indicators)
    yield from _duplicates("prices", "symbol", market.prices)
    yield from _duplicates("prices", "code", market.prices)
    yield from _duplicates("series", "id", market.series)
    yield from _duplicates("references", "id", market.references)
    yield from _duplicates("events", "id", market.events)
    yield from _legs(market)
    yield from _dimensions(market)
    yield from _prices(market)
    yield from _series(market)
    yield from _references(market)
    yield from _names(market)
    for position, measured in enumerate(market.indicators):
        yield from _measured(market, measured, ("indicators", position))
    if market.forecasting is not None:
        yield from _forecasting(market, market.forecasting)
    if market.stress is not None:
        yield from _stress(market, market.stress)


def _duplicates(group: str, field: str, items: Sequence[Model]) -> ValidationErrors:
    first: dict[str, int] = {}
    for position, item in enumerate(items):
        value = getattr(item, field)
        if value is None:
            continue
        if value in first:
            message = f"'{value}' is already the {field} of entry {first[value] + 1} of '{group}'"
            yield (*group.split(" > "), position, field), message
        first.setdefault(value, position)


def _legs(market: Market) -> ValidationErrors:
    """A market has an index of two indicators or more, or a stress leg, or posts."""
    few = len(market.indicators)
    if few == 1:
        yield ("indicators",), "an index needs two indicators, and there is 1: add some"
    elif few == 0 and market.stress is None and market.forum is None:
        yield (
            ("indicators",),
            "an index needs two indicators, and there are 0: add some, or a section 'stress' for "
            "prices alone, or 'forum' and 'sentiment' for posts alone",
        )
    if few == 0:
        for name in ("dimensions", "references", "forecasting"):
            if getattr(market, name):
                yield (name,), "this belongs to an index, and there are no indicators: leave it out"


def _stress(market: Market, stress: StressSettings) -> ValidationErrors:
    symbols = {instrument.symbol for instrument in market.prices}
    for symbol, where in stress.symbols().items():
        if symbol not in symbols:
            message = f"{symbol} is not among this market's 'prices': add it, or leave it out"
            yield ("stress", *where), message
    if stress.end is not None and market.sample.goes_on:
        yield ("stress", "end"), "the sample goes on to the latest month: leave it out"
    elif stress.end is not None and f"{stress.end:%Y-%m}" <= market.sample.end:
        message = f"{stress.end} is no later than the sample, {market.sample.end}: leave it out"
        yield ("stress", "end"), message
    by_id = {series.id: series for series in market.series}
    for name, where in stress.series().items():
        if name in by_id:
            yield from _daily(by_id[name], ("stress", *where), of="each day")
        else:
            yield ("stress", *where), _unknown(name, by_id)
    for symbol in set(stress.left_out) & symbols:
        yield ("stress", "left_out", symbol), "this is among the prices: take it out of one of them"
    ids = stress.ids()
    for name in sorted({name for name in ids if ids.count(name) > 1}):
        yield ("stress",), f"'{name}' is the id of two of its entries: rename one"


def _dimensions(market: Market) -> ValidationErrors:
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


def _names(market: Market) -> ValidationErrors:
    """A column of a file can't be two series."""
    meant: dict[str, str] = {}
    for section, entries in (("series", market.series), ("references", market.references)):
        for position, entry in enumerate(entries):
            for name in entry.names_outside:
                other = meant.setdefault(same_name(name), entry.id)
                if other != entry.id:
                    yield (
                        (section, position, "known_as"),
                        f"'{name}' is known as '{other}' too: take it out of one of them",
                    )


def _references(market: Market) -> ValidationErrors:
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


def _prices(market: Market) -> ValidationErrors:
    for position, instrument in enumerate(market.prices):
        if instrument.source is None and market.files is None:
            yield (
                ("prices", position, "source"),
                "this instrument has no open source, and the market no folder for files: name one, "
                f"such as 'files: imports/{market.name}'",
            )


def _series(market: Market) -> ValidationErrors:
    by_id = {series.id: series for series in market.series}
    used = _used(market)
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


def _used(market: Market) -> set[str]:
    """Series that something refers to."""
    names = {series.continuation.series for series in market.series if series.continuation}
    users: list[Measured | Gap] = [*market.indicators]
    if (forecasting := market.forecasting) is not None:
        users += [*forecasting.inputs, *forecasting.gaps]
        names |= {forecasting.rate or ""}
        if forecasting.implied_volatility is not None:
            names |= {forecasting.implied_volatility.series, forecasting.implied_volatility.of}
    if market.stress is not None:
        names |= market.stress.series().keys()
    for user in users:
        if not isinstance(user.input, PriceInput):
            names |= set(user.input.ids)
    return names


def _continuation(series: Series, by_id: dict[str, Series], where: Location) -> ValidationErrors:
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


def _measured(market: Market, measured: Measured, where: Location) -> ValidationErrors:
    yield from _input(market, measured, (*where, "input"))
    if not isinstance(measured.input, PriceInput):
        if set(measured.input.ids) - {series.id for series in market.series}:
            return
        first, *others = market.series_of(measured)
        if not others and measured.unit != first.unit:
            yield (
                (*where, "unit"),
                f"the series '{first.id}' is in {first.unit}, not in {measured.unit}: "
                "write the same unit in both places",
            )
    yield from _transforms(market, measured, (*where, "transform"))


def _input(market: Market, measured: Measured | Gap, where: Location) -> ValidationErrors:
    request = measured.input
    if isinstance(request, PriceInput):
        symbols = {instrument.symbol for instrument in market.prices}
        used = {*request.symbols, *filter(None, [request.market])}
        if unknown := sorted(used - symbols):
            yield where, f"{', '.join(unknown)} is not among this market's 'prices'"
        return
    by_id = {series.id: series for series in market.series}
    missing = [name for name in request.ids if name not in by_id]
    for name in missing:
        yield where, _unknown(name, by_id)
    if missing or request.minus is None:
        return
    units = [series.unit for series in market.series_of(measured)]
    if units[0] != units[1]:
        yield (
            where,
            f"'{request.series}' is in {units[0]}, but '{request.minus}' in {units[1]}: "
            "subtract only what has the same unit",
        )


def _forecasting(market: Market, forecasting: ForecastingSettings) -> ValidationErrors:
    yield from _duplicates("forecasting > inputs", "id", forecasting.inputs)
    yield from _duplicates("forecasting > gaps", "id", forecasting.gaps)
    if not market.sample.start <= forecasting.start <= market.sample.end:
        yield (
            ("forecasting", "start"),
            f"{forecasting.start} lies outside the sample, {market.sample.start} to "
            f"{market.sample.end}: choose a month in it",
        )
    for position, measured in enumerate(forecasting.inputs):
        where: Location = ("forecasting", "inputs", position)
        if measured.id in RESERVED:
            message = f"'{measured.id}' is a variable of early warning already: rename this one"
            yield (*where, "id"), message
        yield from _measured(market, measured, where)
    by_id = {series.id: series for series in market.series}
    for position, gap in enumerate(forecasting.gaps):
        where = ("forecasting", "gaps", position, "input")
        yield from _input(market, gap, where)
        for name in [] if isinstance(gap.input, PriceInput) else gap.input.ids:
            if name in by_id:
                yield from _daily(by_id[name], where)
    wanted: list[tuple[Location, str]] = []
    if forecasting.rate is not None:
        wanted.append((("forecasting", "rate"), forecasting.rate))
    if (implied := forecasting.implied_volatility) is not None:
        place = ("forecasting", "implied_volatility")
        wanted.append(((*place, "series"), implied.series))
        if implied.of not in {instrument.symbol for instrument in market.prices}:
            wanted.append(((*place, "of"), implied.of))
    for where, name in wanted:
        if name in by_id:
            yield from _daily(by_id[name], where)
        else:
            yield where, _unknown(name, by_id)


def _daily(series: Series, where: Location, of: str = "a month's end") -> ValidationErrors:
    if series.frequency != "daily":
        message = f"'{series.id}' is {series.frequency}: only a daily series tells of {of}"
        yield where, message


def _transforms(market: Market, measured: Measured, where: Location) -> ValidationErrors:
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
