"""Named stress events and the index around them."""

import numpy as np
import pandas as pd

from sfr_pipeline.markets import Event, Market
from sfr_pipeline.storage import tables

# An event's stress may build up after its onset; half a year later it is another story.
MONTHS_AFTER_ONSET = 6


def event_rows(market: Market, sfri: pd.DataFrame) -> pd.DataFrame:
    """Events of the catalogue with the real-time index around them: rows of table ``events``.

    Args:
        market: the catalogue.
        sfri: table ``sfri``.
    """
    index = sfri[sfri["mode"] == "real_time"].sort_values("ref_date").set_index("ref_date")
    return pd.DataFrame(
        [_row(event, index, index.index.to_period("M")) for event in market.events],
        columns=tables.EVENTS.arrow_schema().names,
    )


def _row(event: Event, index: pd.DataFrame, months: pd.PeriodIndex) -> dict[str, object]:
    onset = pd.Timestamp(event.onset).to_period("M")
    before = index["sfri"][months == onset - 1]
    # What real time does not cover from the onset on has no peak that could be compared.
    covered = onset >= months[0]
    window = index[covered & (months >= onset) & (months <= onset + MONTHS_AFTER_ONSET)]
    peak = window.nlargest(1, "sfri")
    return {
        "event": event.id,
        "name": event.name,
        "onset": pd.Timestamp(event.onset),
        "end": pd.Timestamp(event.end) if event.end else pd.NaT,
        "severity": event.severity,
        "source": event.source,
        "status": event.status,
        "sfri_before": before.squeeze() if len(before) else np.nan,
        "sfri_peak": peak["sfri"].squeeze() if len(peak) else np.nan,
        "peak_month": peak.index[0] if len(peak) else pd.NaT,
        "peak_percentile": peak["percentile"].squeeze() if len(peak) else np.nan,
    }
