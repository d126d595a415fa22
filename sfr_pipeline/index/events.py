"""Named stress events and the index around them."""

import numpy as np
import pandas as pd

from sfr_pipeline.markets import Event, Market
from sfr_pipeline.storage import tables

# An event's stress may build up after its onset; half a year later it is another story.
MONTHS_AFTER_ONSET = 6


def event_rows(
    market: Market, sfri: pd.DataFrame, dimension_indices: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Events of the catalogue with the real-time index around them: rows of table ``events``.

    Args:
        market: the catalogue.
        sfri: table ``sfri``.
        dimension_indices: table of that name; without it the events' dimensions have no peaks.
    """
    index = sfri[sfri["mode"] == "real_time"].sort_values("ref_date").set_index("ref_date")
    rows = [
        _row(event, index) | _dimension_peak(event, dimension_indices) for event in market.events
    ]
    return pd.DataFrame(rows, columns=tables.EVENTS.arrow_schema().names)


def _row(event: Event, index: pd.DataFrame) -> dict[str, object]:
    before = index["sfri"][index.index.to_period("M") == _month(event) - 1]
    peak = _after_onset(event, index["sfri"]).nlargest(1)
    return {
        "event": event.id,
        "name": event.name,
        "onset": pd.Timestamp(event.onset),
        "end": pd.Timestamp(event.end) if event.end else pd.NaT,
        "severity": event.severity,
        "source": event.source,
        "status": event.status,
        "sfri_before": before.squeeze() if len(before) else np.nan,
        "sfri_peak": peak.squeeze() if len(peak) else np.nan,
        "peak_month": peak.index[0] if len(peak) else pd.NaT,
        "peak_percentile": index["percentile"][peak.index[0]] if len(peak) else np.nan,
    }


def _dimension_peak(event: Event, dimension_indices: pd.DataFrame | None) -> dict[str, object]:
    none = {
        "dimension": event.dimension,
        "dimension_peak": np.nan,
        "dimension_peak_month": pd.NaT,
        "dimension_percentile": np.nan,
    }
    if event.dimension is None or dimension_indices is None:
        return none
    rows = dimension_indices[
        (dimension_indices["mode"] == "real_time")
        & (dimension_indices["dimension"] == event.dimension)
    ]
    index = rows.set_index("ref_date")["dimension_index"].sort_index().dropna()
    peak = _after_onset(event, index).nlargest(1)
    if peak.empty:
        return none
    known = index[: peak.index[0]]
    return none | {
        "dimension_peak": peak.squeeze(),
        "dimension_peak_month": peak.index[0],
        "dimension_percentile": 100.0 * (known <= peak.squeeze()).mean(),
    }


def _after_onset(event: Event, index: pd.Series) -> pd.Series:
    """The months from the onset on, none where the index does not cover it from its start."""
    months = index.index.to_period("M")
    onset = _month(event)
    # What real time does not cover from the onset on has no peak that could be compared.
    covered = len(months) > 0 and onset >= months[0]
    return index[covered & (months >= onset) & (months <= onset + MONTHS_AFTER_ONSET)]


def _month(event: Event) -> pd.Period:
    return pd.Timestamp(event.onset).to_period("M")
