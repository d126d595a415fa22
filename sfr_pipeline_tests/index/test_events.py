"""The index around named events, against a hand-made index."""

import numpy as np
import pandas as pd

from sfr_pipeline.index.events import event_rows
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.validation import violations


def test_before_and_peak_are_read_off_the_real_time_index(mini):
    months = pd.date_range("2008-01-31", "2009-12-31", freq="ME")
    rising = pd.DataFrame(
        {"mode": "real_time", "ref_date": months, "sfri": np.arange(24.0), "percentile": 50.0}
    )
    looking_ahead = rising.assign(mode="paper", sfri=99.0)
    rows = event_rows(mini, pd.concat([rising, looking_ahead])).set_index("event")
    lehman = rows.loc["lehman"]
    # August is month 7; six months after September's onset comes March, month 14.
    assert (lehman["sfri_before"], lehman["sfri_peak"]) == (7.0, 14.0)
    assert lehman["peak_month"] == pd.Timestamp("2009-03-31")
    assert violations(tables.EVENTS, rows.reset_index()) == []


def test_what_real_time_does_not_cover_has_no_peak(mini):
    months = pd.date_range("2008-10-31", "2009-12-31", freq="ME")
    late = pd.DataFrame({"mode": "real_time", "ref_date": months, "sfri": 1.0, "percentile": 50.0})
    rows = event_rows(mini, late).set_index("event")
    assert rows.loc["lehman", ["sfri_before", "sfri_peak", "peak_month"]].isna().all()
    assert rows.loc["later", ["sfri_before", "sfri_peak", "peak_month"]].isna().all()


def test_the_dimension_of_an_event_has_a_peak_and_a_percentile_of_its_own(mini):
    months = pd.date_range("2008-01-31", "2009-12-31", freq="ME")
    index = pd.DataFrame({"mode": "real_time", "ref_date": months, "sfri": 0.0, "percentile": 50.0})
    # Position 9, October 2008, is the highest of the six months after; one month before was higher.
    bond = pd.Series(0.0, index=months)
    bond.iloc[[2, 9]] = 5.0, 4.0
    rows = pd.DataFrame({"ref_date": months, "dimension_index": bond.to_numpy()})
    dimensions = pd.concat(
        [
            rows.assign(mode="real_time", dimension="bond"),
            rows.assign(mode="real_time", dimension="stock", dimension_index=9.0),
            rows.assign(mode="paper", dimension="bond", dimension_index=9.0),
        ]
    )
    events = [event.model_copy(update={"dimension": "bond"}) for event in mini.events]
    found = event_rows(mini.model_copy(update={"events": events}), index, dimensions)
    assert violations(tables.EVENTS, found) == []
    lehman = found.set_index("event").loc["lehman"]
    assert (lehman["dimension"], lehman["dimension_peak"]) == ("bond", 4.0)
    assert lehman["dimension_peak_month"] == pd.Timestamp("2008-10-31")
    # Nine of the ten months up to it were not higher.
    assert lehman["dimension_percentile"] == 90.0
