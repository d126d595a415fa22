"""Did alarms come before named events, and would alarms at other times have done as well?

One set of functions for daily models, the monthly index and public opinion: periods are rows.
An alarm is a score above its threshold for some consecutive periods; the window of an event is the
H periods before its onset. An alarm that is on when the window begins is a warning whose lead is
only known to be at least H. Alarms at circularly shifted times keep their number, length and share
of time, and lose any connection with the events: what they achieve is luck.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import BoolArray, FloatArray, IntArray
from sfr_pipeline.evaluation.classification_metrics import share_interval
from sfr_pipeline.markets import Event
from sfr_pipeline.storage.tables.stress import ALARM_SCORES, EVENT_SCORES


@dataclass(frozen=True)
class AlarmRules:
    """What a period is.

    Attributes:
        window: periods before an onset in which an alarm is a warning (H).
        consecutive: periods above the threshold that make an alarm.
        during: periods after an onset without a known end in which an alarm is neither right nor
            false.
        merge: quiet periods up to which two alarms are one episode.
        a_year: periods a year.
    """

    window: int
    consecutive: int
    during: int
    merge: int
    a_year: float


DAILY = AlarmRules(window=63, consecutive=3, during=21, merge=21, a_year=252.0)
MONTHLY = AlarmRules(window=6, consecutive=1, during=1, merge=1, a_year=12.0)
# Threshold of an index that is no probability: its own past quantile, after so many months.
QUANTILE = 0.9
MIN_MONTHS = 24


@dataclass(frozen=True)
class Warnings:
    """Alarms of one model against the events that its periods cover.

    Attributes:
        onsets: row of each event's onset, ``(n_events,)``.
        warned: whether an alarm stood in its window.
        leads: periods from the first alarm in the window to the onset, 0 where there is none.
        on_at_start: whether that alarm was on when the window began.
        n_alarms: alarm episodes.
        n_false: those without an event in the window after them, and not during one.
        n_judged: alarm episodes less those that lie within an event altogether.
        time_on: share of periods with an alarm.
        p_shifted: share of circular shifts with as many events warned of, the alarms themselves
            counted among them; 1 without events.
        n_shifts: shifts.
    """

    onsets: IntArray
    warned: BoolArray
    leads: IntArray
    on_at_start: BoolArray
    n_alarms: int
    n_false: int
    n_judged: int
    time_on: float
    p_shifted: float
    n_shifts: int


def past_quantile(score: FloatArray, min_past: int, quantile: float = QUANTILE) -> FloatArray:
    """Quantile of all earlier scores; NaN (no alarm) before there are ``min_past`` of them."""
    return pd.Series(score).expanding(min_past).quantile(quantile).shift().to_numpy()


def alarms(score: FloatArray, threshold: FloatArray | float, consecutive: int) -> BoolArray:
    """Periods that end so many consecutive ones with a score above the threshold.

    Args:
        score: ``(n,)``.
        threshold: of each period, or one for all; NaN for no alarm.
        consecutive: periods.
    """
    with np.errstate(invalid="ignore"):
        above = np.greater(score, threshold)
    return (pd.Series(above.astype(float)).rolling(consecutive).sum() == consecutive).to_numpy()


def warnings_of(
    alarm: BoolArray, onsets: Sequence[int], ends: Sequence[int], rules: AlarmRules
) -> Warnings:
    """Judge alarms.

    Args:
        alarm: by period, ``(n,)``.
        onsets: rows of onsets, each with a whole window before it.
        ends: last rows of the events, on or after their onsets.
        rules: what a period is.

    Raises:
        ValueError: a window begins before the first period.
    """
    n, starts = len(alarm), np.asarray(onsets, dtype=np.intp)
    if len(starts) and starts.min() < rules.window:
        raise ValueError("an event's window begins before the first period: leave the event out")
    windows = np.array([alarm[start - rules.window : start] for start in starts]).reshape(
        len(starts), rules.window
    )
    warned: BoolArray = np.asarray(windows.any(axis=1))
    leads = np.where(warned, rules.window - windows.argmax(axis=1), 0)
    before, during = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    for start, end in zip(starts, ends, strict=True):
        before[start - rules.window : start] = True
        during[start : end + 1] = True
    episodes = _episodes(alarm, rules.merge)
    right = [bool(before[first : last + 1].any()) for first, last in episodes]
    inside = [bool(during[first : last + 1].all()) for first, last in episodes]
    judged = [hit for hit, within in zip(right, inside, strict=True) if hit or not within]
    p_shifted = _p_shifted(alarm, starts, rules.window, int(warned.sum()))
    return Warnings(
        onsets=starts,
        warned=warned,
        leads=leads,
        on_at_start=np.asarray(windows[:, 0]),
        n_alarms=len(episodes),
        n_false=len(judged) - sum(judged),
        n_judged=len(judged),
        time_on=float(alarm.mean()),
        p_shifted=p_shifted,
        n_shifts=n,
    )


def _episodes(alarm: BoolArray, merge: int) -> list[tuple[int, int]]:
    """First and last row of each run of alarms; runs with few quiet periods between are one."""
    rows = np.flatnonzero(alarm)
    if not len(rows):
        return []
    breaks = np.flatnonzero(np.diff(rows) > merge + 1)
    firsts = rows[np.concatenate([[0], breaks + 1])]
    lasts = rows[np.concatenate([breaks, [len(rows) - 1]])]
    return [(int(first), int(last)) for first, last in zip(firsts, lasts, strict=True)]


def _p_shifted(alarm: BoolArray, onsets: IntArray, window: int, warned: int) -> float:
    """Share of all circular shifts, none included, that warn of at least as many events."""
    n = len(alarm)
    if not len(onsets):
        return 1.0
    running = np.concatenate([[0], np.cumsum(np.tile(alarm, 2))])
    shifts = np.arange(n)
    hits = np.zeros(n, dtype=int)
    for onset in onsets:
        first = (onset - window - shifts) % n
        hits += running[first + window] > running[first]
    return float((hits >= warned).mean())


def covered_events(
    events: Sequence[Event], dates: pd.DatetimeIndex, rules: AlarmRules
) -> tuple[list[Event], list[int], list[int]]:
    """Events whose window and onset lie within the dates, with rows of onset and end.

    The onset is the first period that ends on or after the event's day.
    """
    kept, starts, ends = [], [], []
    for event in sorted(events, key=lambda event: event.onset):
        start = int(np.searchsorted(dates, pd.Timestamp(event.onset)))
        if not rules.window <= start < len(dates):
            continue
        end = start + rules.during
        if event.end is not None:
            end = int(np.searchsorted(dates, pd.Timestamp(event.end)))
        kept.append(event)
        starts.append(start)
        ends.append(min(end, len(dates) - 1))
    return kept, starts, ends


def event_tables(
    events: Sequence[Event],
    label: str,
    model: str,
    dates: pd.DatetimeIndex,
    score: FloatArray,
    threshold: FloatArray,
    rules: AlarmRules,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of tables ``event_scores`` and ``alarm_scores`` for one score; none without periods.

    Args:
        events: of the catalogue.
        label: what the score tells; the index's own name where it is no label.
        model: whose score.
        dates: last day of each period, rising.
        score: ``(n_periods,)``.
        threshold: known at the period, ``(n_periods,)``; NaN for no alarm.
        rules: what a period is.
    """
    if dates.empty:
        return EVENT_SCORES.empty(), ALARM_SCORES.empty()
    kept, starts, ends = covered_events(events, dates, rules)
    alarm = alarms(score, threshold, rules.consecutive)
    found = warnings_of(alarm, starts, ends, rules)
    rows = [
        {
            "label": label,
            "model": model,
            "event": event.id,
            "name": event.name,
            "onset": pd.Timestamp(event.onset),
            "window": rules.window,
            "warned": bool(found.warned[place]),
            "lead": found.leads[place] if found.warned[place] else None,
            "on_at_start": bool(found.on_at_start[place]),
            "score_before": score[starts[place] - rules.window : starts[place]].max(),
        }
        for place, event in enumerate(kept)
    ]
    years = len(dates) / rules.a_year
    n_warned = int(found.warned.sum())
    right = found.n_judged - found.n_false
    known = threshold[~np.isnan(threshold)]
    recall = share_interval(n_warned, len(kept))
    precision = share_interval(right, found.n_judged)
    summary = {
        "label": label,
        "model": model,
        "threshold": known[-1] if len(known) else np.nan,
        "n_events": len(kept),
        "n_warned": n_warned,
        "event_recall": n_warned / len(kept) if kept else np.nan,
        "event_recall_low": recall[0],
        "event_recall_high": recall[1],
        "median_lead": np.median(found.leads[found.warned]) if n_warned else np.nan,
        "n_on_at_start": int(found.on_at_start.sum()),
        "n_alarms": found.n_alarms,
        "n_false": found.n_false,
        "episode_precision": right / found.n_judged if found.n_judged else np.nan,
        "episode_precision_low": precision[0],
        "episode_precision_high": precision[1],
        "alarms_a_year": found.n_alarms / years,
        "false_alarms_a_year": found.n_false / years,
        "time_on": found.time_on,
        "p_shifted": found.p_shifted,
        "n_shifts": found.n_shifts,
    }
    names = EVENT_SCORES.arrow_schema().names
    return (
        pd.DataFrame(rows, columns=names).astype({"lead": "Int64"}),
        pd.DataFrame([summary], columns=ALARM_SCORES.arrow_schema().names),
    )
