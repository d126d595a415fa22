"""What a market's YAML may say of the published indices that its own is compared with."""

from typing import Literal

from pydantic import model_validator

from sfr_pipeline.markets.model import Identifier, Model
from sfr_pipeline.markets.series import check_bounds
from sfr_pipeline.sources import check_available


class Reference(Model):
    """A published index of financial stress, from an open source or a file of its id.

    Attributes:
        id: short name, and name of the file that may deliver it.
        name: what a reader is shown.
        unit: of its values.
        frequency: of its values.
        source: module of ``sources`` that delivers it, or null: only a file does.
        code: what to ask that source for.
        vendor: where a file can be had.
        valid_range: lowest and highest value that can be right, in ``unit``.
        typical: lowest and highest median size that can be right, see ``Series``.
        note: what to know before comparing.
    """

    id: Identifier
    name: str
    unit: str = "index"
    frequency: Literal["daily", "weekly", "monthly"]
    source: str | None
    code: str | None = None
    vendor: str | None = None
    valid_range: tuple[float, float] | None = None
    typical: tuple[float, float] | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _obtainable(self) -> "Reference":
        if (self.source is None) != (self.code is None):
            raise ValueError("'source' and 'code' go together: give both, or 'source: null' alone")
        if self.source is not None and self.code is not None:
            check_available(self.source, self.code, "series")
        elif self.vendor is None:
            raise ValueError("without an open source, 'vendor' must say where a file can be had")
        return self

    @model_validator(mode="after")
    def _bounds_in_order(self) -> "Reference":
        check_bounds(self.valid_range, self.typical)
        return self
