"""What an estimate of arrays refuses, told by market, information set, month and indicator."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pandas as pd

from sfr_pipeline.econometrics.panel import Mode
from sfr_pipeline.errors import EstimationError

TOLD: dict[Mode, str] = {"paper": "paper mode", "real_time": "real time"}
# Where catalogues say what the sentences of `econometrics` ask for.
OF_PERIODS = " (sample.start in the catalogue; 'carry' of a series bridges gaps)"
OF_SERIES = " (under 'indicators' in the catalogue)"


@contextmanager
def naming(
    market: str,
    mode: Mode,
    indicators: Sequence[str] | pd.Index,
    months: pd.PeriodIndex,
    as_of: pd.Period | None = None,
) -> Iterator[None]:
    """Name whatever an estimate inside is refused for.

    Args:
        market: its name.
        mode: the information set.
        indicators: columns of the panel that is estimated.
        months: its rows.
        as_of: the month that it is estimated as of; None for the whole sample.

    Raises:
        EstimationError: of the same class as the one inside, with names in it.
    """
    try:
        yield
    except EstimationError as error:
        told = TOLD[mode] if as_of is None else f"{TOLD[mode]} as of {as_of}"
        named = error.named(list(indicators), list(months), f"market {market}, {told}")
        place = OF_PERIODS if error.periods else OF_SERIES if error.series else ""
        raise type(error)(f"{named}{place}") from error
