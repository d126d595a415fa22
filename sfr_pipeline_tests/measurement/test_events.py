"""The index around named events, against a hand-made index."""

import numpy as np
import pandas as pd

from sfr_pipeline.measurement.events import event_rows
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.judgement import violations


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
