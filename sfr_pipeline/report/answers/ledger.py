"""The ledger of events: where the index stood around each, and who warned how long before.

Belongs here: one row an event, and a sentence on the alarms. Does not belong here: what an alarm is
and how it is scored (`stress.event_scores`), alarms of every model.
"""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from sfr_pipeline.markets import Market
from sfr_pipeline.report.formats import as_float
from sfr_pipeline.report.parts import Tables
from sfr_pipeline.report.stress.verdict import MONTHLY, score_name
from sfr_pipeline.storage.tables import EVENT_SCORES
from sfr_pipeline.stress.beginning import HEADLINE

LEVEL = 0.05
# Units of leads.
DAYS, MONTHS = "trading days", "months"


@dataclass(frozen=True)
class Entry:
    """One event.

    Attributes:
        name: of the event.
        onset: its first day.
        before: real-time index of the month before, standard deviations; NaN where there was none.
        peak: highest real-time index from the onset's month to six months later.
        peak_month: month of that peak; None where there was no index.
        percentile: of the peak, as known then.
        leads: how long before an alarm stood, by the name of the score: a dash where none did,
            with a leading ≥ where it was on when the window began, None outside its history.
        n_warned: daily scores with an alarm before the event.
        n_scores: daily scores whose history holds it.
    """

    name: str
    onset: pd.Timestamp
    before: float
    peak: float
    peak_month: pd.Timestamp | None
    percentile: float
    leads: dict[str, str | None]
    n_warned: int
    n_scores: int


@dataclass(frozen=True)
class Ledger:
    """Named events and the alarms before them.

    Attributes:
        entries: in order of time.
        scores: names of those whose leads stand in a column, each with the unit of its leads.
        has_index: whether there was an index around any event.
        sentence: what the alarms of those scores were worth; empty where there are none.
    """

    entries: tuple[Entry, ...]
    scores: dict[str, str]
    has_index: bool
    sentence: str


def ledger(market: Market, tables: Tables, warner: str | None) -> Ledger | None:
    """The ledger of a market; None without events.

    Args:
        market: the catalogue.
        tables: frames by name: ``events`` of a market with an index; of one with daily stress
            ``event_scores`` and ``alarm_scores``, which may be missing.
        warner: id of the rule of daily stress whose leads have a column.
    """
    alarms = EVENT_SCORES.empty()
    if market.stress is not None and "event_scores" in tables:
        alarms = tables["event_scores"]
    daily = alarms[alarms["label"] == HEADLINE]
    shown = {
        score: rows
        for score, rows in [
            *([(warner, daily[daily["model"] == warner])] if warner else []),
            *((label, alarms[alarms["label"] == label]) for label in MONTHLY),
        ]
        if len(rows)
    }
    around = _around(market, tables, alarms)
    if around.empty:
        return None
    entries = tuple(_entry(row, shown, daily) for row in around.to_dict("records"))
    units = {score_name(score): MONTHS if score in MONTHLY else DAYS for score in shown}
    return Ledger(
        entries=entries,
        scores=units,
        has_index=any(entry.peak == entry.peak for entry in entries),
        sentence=_worth(tables, warner) if market.stress else "",
    )


def _around(market: Market, tables: Tables, alarms: pd.DataFrame) -> pd.DataFrame:
    """Events in order of time, with the index around them where there is one."""
    columns = ["event", "name", "onset", "sfri_before", "sfri_peak", "peak_month",
               "peak_percentile"]  # fmt: skip
    told = alarms.drop_duplicates("event")[["event", "name", "onset"]]
    if market.monthly:
        known = tables["events"][columns]
        told = pd.concat([known, told[~told["event"].isin(known["event"])]], ignore_index=True)
    found = told.reindex(columns=columns).sort_values(["onset", "event"], ignore_index=True)
    spoken = found["sfri_peak"].notna() | found["event"].isin(alarms["event"])
    return found[spoken]


def _entry(row: Any, shown: dict[str, pd.DataFrame], daily: pd.DataFrame) -> Entry:
    own = daily[daily["event"] == row["event"]]
    return Entry(
        name=row["name"],
        onset=row["onset"],
        before=as_float(row["sfri_before"]),
        peak=as_float(row["sfri_peak"]),
        peak_month=None if pd.isna(row["peak_month"]) else pd.Timestamp(row["peak_month"]),
        percentile=as_float(row["peak_percentile"]),
        leads={score_name(score): _lead(rows, row["event"]) for score, rows in shown.items()},
        n_warned=int(own["warned"].sum()),
        n_scores=len(own),
    )


def _lead(rows: pd.DataFrame, event: str) -> str | None:
    own = rows[rows["event"] == event]
    if own.empty:
        return None
    row = own.iloc[0]
    if not row["warned"]:
        return "–"
    return f"{'≥ ' if row['on_at_start'] else ''}{int(row['lead'])}"


def _worth(tables: Tables, warner: str | None) -> str:
    """Of how many events the shown scores warned, and whether that is more than luck."""
    if "alarm_scores" not in tables:
        return ""
    alarms = tables["alarm_scores"]
    of_days = alarms[(alarms["label"] == HEADLINE) & (alarms["model"] == warner)]
    shown = pd.concat([of_days, alarms[alarms["label"].isin(MONTHLY)]])
    return " ".join(_alarms_told(row) for row in shown.to_dict("records") if row["n_events"])


def _alarms_told(row: Any) -> str:
    score = row["label"] if row["label"] in MONTHLY else row["model"]
    alarms = f"{row['n_alarms']} alarm{'s' * (row['n_alarms'] != 1)}"
    told = (
        f"{score_name(score)} warned of {row['n_warned']} of {row['n_events']} events; of its "
        f"{alarms} {row['n_false']} {'was' if row['n_false'] == 1 else 'were'} false"
    )
    if not row["n_warned"]:
        return f"{told}."
    p_value = float(row["p_shifted"])
    luck = "more than luck" if p_value < LEVEL else "no more than luck may do"
    return f"{told}, and shifted in time they warn of as many or more {_often(p_value)}: {luck}."


def _often(p_value: float) -> str:
    if p_value < 0.01:
        return "in fewer than 1 of 100 cases"
    return f"in {100 * p_value:.0f} of 100 cases"
