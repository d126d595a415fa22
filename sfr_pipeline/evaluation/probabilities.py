"""``reliability``: do probabilities of an event mean what they say?

Belongs here: Brier score, its skill and its parts, of a labelled series. Does not belong here:
whether one model's Brier score is below another's, which is a matter of squared errors
(`compared_forecasts`).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sfr_pipeline.econometrics.labelled import check_counts
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.evaluation.aligned import events, said_of, span
from sfr_pipeline.evaluation.classification_metrics import BINS, brier, brier_skill, calibration

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Reliability:
    """Probabilities beside frequencies.

    Attributes:
        table: groups of similar probabilities, of about equal size: mean ``probability``,
            ``frequency`` of events, ``n_periods``.
        brier: mean squared distance of the probabilities from what happened.
        brier_skill: 1 less its ratio to that of always saying the base rate; above 0 is better.
        reliability: mean squared gap of probability and frequency; 0 is best.
        resolution: mean squared distance of the frequency from the base rate; higher is better.
        uncertainty: base rate times its complement (Murphy 1973).
        base_rate: share of the periods with an event.
        periods: that were judged.
    """

    table: pd.DataFrame
    brier: float
    brier_skill: float
    reliability: float
    resolution: float
    uncertainty: float
    base_rate: float
    periods: pd.Index

    def summary(self) -> str:
        """The groups under the scores."""
        return "\n".join(
            [
                f"Probabilities of an event; {span(self.periods)}, base rate {self.base_rate:.3f}",
                f"  Brier score {self.brier:.4f}, skill {self.brier_skill:.3f}",
                f"  reliability {self.reliability:.4f} - resolution {self.resolution:.4f} + "
                f"uncertainty {self.uncertainty:.4f}",
                "",
                self.table.to_string(float_format="{:.3f}".format),
            ]
        )

    def __repr__(self) -> str:
        """Print the summary."""
        return self.summary()

    def plot(self) -> "Figure":
        """Chart frequencies against probabilities; on the diagonal they mean what they say."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(5, 5), layout="constrained")
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color="0.6", linewidth=1)
        axes.plot(self.table["probability"], self.table["frequency"], "o-", color="tab:blue")
        axes.set_xlabel("probability")
        axes.set_ylabel("share of events")
        return figure


def reliability(
    event: pd.Series,
    probability: pd.Series,
    base_rate: pd.Series | None = None,
    *,
    bins: int = BINS,
) -> Reliability:
    """Compare probabilities of an event with how often it came.

    Args:
        event: what happened, True and False or 1 and 0, complete, by ascending periods.
        probability: of it, for the same periods, between 0 and 1.
        base_rate: as it was known in each period; None for that of these periods, which nobody
            knew before their end and which is therefore the harder rival.
        bins: number of groups; fewer where probabilities are equal.

    Raises:
        EstimationError: what is given does not fit together; the message says what to do.

    Examples:
        >>> import numpy as np, pandas as pd
        >>> from sfr_pipeline.evaluation import reliability
        >>> rng = np.random.default_rng(0)
        >>> months = pd.period_range("1960-01", periods=800, freq="M")
        >>> truth = pd.Series(rng.beta(1, 4, 800), months)
        >>> event = pd.Series(rng.random(800) < truth, months)
        >>> honest, shouting = reliability(event, truth), reliability(event, truth**0.3)
        >>> honest.reliability < 0.01 < 0.1 < shouting.reliability
        True
        >>> honest.brier_skill > 0 > shouting.brier_skill
        True
    """
    check_counts(bins=bins)
    happened = events(event, "event")
    said = _between(probability, "probability", event)
    base = float(happened.mean())
    known = base if base_rate is None else _between(base_rate, "base_rate", event)
    groups = calibration(happened, said, bins)
    columns = {
        "probability": groups.probability,
        "frequency": groups.frequency,
        "n_periods": groups.n_points,
    }
    return Reliability(
        pd.DataFrame(columns).rename_axis("group"),
        brier(happened, said),
        brier_skill(happened, said, known),
        groups.reliability,
        groups.resolution,
        groups.uncertainty,
        base,
        event.index,
    )


def _between(probability: pd.Series, name: str, event: pd.Series) -> np.ndarray:
    """Values of a series of probabilities over the periods of the event, ``(n,)``."""
    if not isinstance(probability, pd.Series):
        raise EstimationError(
            f"{name} must be a pandas Series, not {type(probability).__name__}: take one column"
        )
    values = said_of(probability.to_frame(name), name, event, "event")[:, 0]
    if values.min() < 0 or values.max() > 1:
        raise EstimationError(
            f"{name} runs from {values.min():g} to {values.max():g}: probabilities lie between 0 "
            "and 1; compare scores of another kind by compare_warnings"
        )
    return values
