"""What would have been sent over a history that was made up, beside events that were too."""

import datetime as dt

import numpy as np
import pandas as pd

from sfr_pipeline.operation.replay import as_text, replay
from sfr_pipeline_tests.operation.made_up import LEVEL, predictions, rules, sfri

# Two years: high in months 7 to 10, once in month 16, and in between nothing.
HISTORY = [50] * 6 + [95, 91, 80, 76] + [40] * 5 + [93] + [40] * 8


def market_with(mini, *onsets):
    events = [
        mini.events[0].model_copy(
            update={"id": f"event_{place}", "name": f"Event {place}", "onset": onset, "end": None}
        )
        for place, onset in enumerate(onsets)
    ]
    return mini.model_copy(update={"events": events})


def test_alerts_events_leads_and_false_alarms_of_a_history_made_by_hand(mini):
    # Month 10 (October 2004) comes after three months of alert, month 24 after none in six.
    market = market_with(mini, dt.date(2004, 10, 5), dt.date(2005, 12, 24), dt.date(2001, 1, 1))
    found = replay(market, rules(LEVEL), {"sfri": sfri(HISTORY, first="2004-01")})
    told = [(event.event, str(event.ref_date)[:7]) for event in found.sent]
    assert told == [
        ("raised", "2004-07"), ("cleared", "2004-11"),
        ("raised", "2005-04"), ("cleared", "2005-05"),
    ]  # fmt: skip
    (score,) = found.scores.to_dict("records")
    assert (score["raised"], score["events"], score["warned"]) == (2, 2, 1)
    assert score["time_on"] == 5 / 24
    assert score["a_year"] == 1.0
    assert score["false_a_year"] == 0.5
    assert found.leads["level"].to_list()[0] == 3
    assert np.isnan(found.leads["level"].to_list()[1])
    shorter = replay(market, rules(LEVEL), {"sfri": sfri(HISTORY, first="2004-01")}, months=2)
    assert np.isinf(shorter.leads["level"].to_list()[0]), "it stood when the window began"


def test_daily_probabilities_are_replayed_by_day_and_their_leads_are_in_months(mini):
    calm, alarm = [0.1] * 100, [0.6] * 42
    days = pd.bdate_range("2004-01-01", periods=200)
    onset = days[142].date()
    frames = {"stress_predictions": predictions([*calm, *alarm, *[0.1] * 58], "2004-01-01")}
    rule = {"id": "ahead", "kind": "stress", "threshold": 0.5, "clear_below": 0.3, "days": 3}
    found = replay(market_with(mini, onset), rules(rule), frames)
    assert [(event.event, pd.Timestamp(event.ref_date)) for event in found.sent] == [
        ("raised", days[102]), ("cleared", days[142]),
    ]  # fmt: skip
    # Raised on the third day: 40 trading days before the onset, of 21 a month.
    assert found.leads["ahead"].to_list() == [40 / 21]


def test_the_text_shows_notices_scores_and_which_events_are_not_covered(mini):
    market = market_with(mini, dt.date(2004, 10, 5), dt.date(2004, 9, 1))
    daily = {"id": "ahead", "kind": "stress", "threshold": 0.5, "clear_below": 0.3}
    frames = {
        "sfri": sfri(HISTORY, first="2004-01"),
        "stress_predictions": predictions([0.1] * 300, "2005-01-03"),
    }
    text = as_text(replay(market, rules(LEVEL, daily), frames))
    lines = text.splitlines()
    assert any(line.split()[:3] == ["2004-07-31", "raised", "level"] for line in lines)
    (scores,) = (line.split() for line in lines if line.split()[:2] == ["level", "2004-01"])
    assert "2 of 2" in " ".join(scores)
    (row,) = (line for line in lines if "Event 0" in line)
    assert row.split()[-1] == "3.0", "the daily rule does not reach back to it, and says nothing"


def test_a_synthetic_market_says_so_and_one_without_tables_says_that(mini):
    synthetic = mini.model_copy(update={"synthetic": True})
    text = as_text(replay(synthetic, rules(LEVEL), {}))
    assert text.startswith("SYNTHETIC. What the rules of Mini market would have sent: nothing")
