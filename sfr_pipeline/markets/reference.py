"""What a market's YAML may say of the published indices that its own is compared with."""

from typing import Literal

from pydantic import Field

from sfr_pipeline.markets.series import SourcedSeries


class Reference(SourcedSeries):
    """A published index of financial stress, from an open source or a file of its id.

    Attributes:
        frequency: of its values; a weekly one is dated by the day that the publisher gives it.
        release_lag: days from the end of its period to publication. Nothing is measured from
            it, so by default none is assumed.
    """

    unit: str = "index"
    frequency: Literal["daily", "weekly", "monthly"]
    release_lag: int = Field(default=0, ge=0, le=400)
