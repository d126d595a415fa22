"""Tables ``event_scores`` and ``alarm_scores``: daily models, monthly indices by the same rules.

Belongs here: which score is held against which threshold. Does not belong here: what alarms
are worth (`alarms`).
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from sfr_pipeline.evaluation.models import benchmark, find
from sfr_pipeline.markets import Event
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.storage.tables.stress import ALARM_SCORES, EVENT_SCORES
from sfr_pipeline.stress.alarms import DAILY, MIN_MONTHS, MONTHLY, event_tables, past_quantile
from sfr_pipeline.stress.judged import covering


def event_score_tables(
    events: Sequence[Event], predictions: pd.DataFrame, monthly: Mapping[str, pd.DataFrame]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables ``event_scores`` and ``alarm_scores`` of a market.

    Args:
        events: of the catalogue.
        predictions: table ``stress_predictions``.
        monthly: tables ``sfri`` and ``npoi``, where the market has them.
    """
    pairs = [daily_events(events, predictions)]
    if "sfri" in monthly:
        rows = monthly["sfri"]
        known = rows[rows["mode"] == "real_time"].set_index("ref_date")["sfri"]
        pairs.append(monthly_events(events, "index", "sfri", known))
    if "npoi" in monthly:
        rows = monthly["npoi"]
        known = rows[rows["variant"] == "real_time"].set_index("ref_date")["npoi"]
        # Good spirits are the opposite of stress.
        pairs.append(monthly_events(events, "opinion", "npoi", -known))
    return _joined(pairs)


def daily_events(
    events: Sequence[Event], predictions: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of ``event_scores`` and ``alarm_scores`` for every model and label walked forward.

    What gives alarms is the probability as published, and a day's threshold is the base rate known
    on it, as in ``stress_scores``; here days whose outcome is still to come count too.

    Args:
        events: of the catalogue.
        predictions: table ``stress_predictions``.

    Raises:
        EstimationError: a model's predictions do not cover the days of the others.
    """
    means = predictions[
        (predictions["protocol"] == "walk_forward") & (predictions["seed"] == MEAN_OF_SEEDS)
    ].sort_values("date")
    pairs = []
    for label, of_label in means.groupby("label", sort=False):
        probability = covering(of_label, "probability").astype(float)
        dates = pd.DatetimeIndex(probability.index)
        base = probability[benchmark("stress").id].to_numpy()
        for model in of_label["model"].unique():
            record = find("stress", str(model))
            if record is not None and not record.warns:
                continue
            own = probability[model].to_numpy()
            pairs.append(event_tables(events, str(label), str(model), dates, own, base, DAILY))
    return _joined(pairs)


def monthly_events(
    events: Sequence[Event], label: str, model: str, index: pd.Series
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The same for a monthly index, with its own past 90 % quantile as threshold.

    Args:
        events: of the catalogue.
        label: ``index`` or ``opinion``.
        model: name for readers of the table.
        index: by last day of the month, as known in each month; more means more stress.
    """
    known = index.dropna().sort_index()
    score = known.to_numpy(dtype=float)
    threshold = past_quantile(score, MIN_MONTHS)
    return event_tables(
        events, label, model, pd.DatetimeIndex(known.index), score, threshold, MONTHLY
    )


def _joined(
    pairs: Sequence[tuple[pd.DataFrame, pd.DataFrame]],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both tables over all models."""
    found = []
    for place, table in enumerate((EVENT_SCORES, ALARM_SCORES)):
        frames = [pair[place] for pair in pairs if len(pair[place])]
        names = table.arrow_schema().names
        found.append(
            pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=names)
        )
    return found[0], found[1]
