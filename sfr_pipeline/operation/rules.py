"""The rules of a market's alerts: what a rules file may say.

Belongs here: the kinds of rules and what each refuses. Does not belong here: where a file of them
is read from (`rules_file`). Addresses are secrets and stand in no rules file: ``notify`` names
environment variables.
"""

from abc import abstractmethod
from typing import Annotated, ClassVar, Literal

import pandas as pd
from pydantic import Field, model_validator

from sfr_pipeline.evaluation.models import contender, find, models_of
from sfr_pipeline.markets.model import Identifier, Model

Variable = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
Severity = Literal["information", "warning", "critical"]
Percentile = Annotated[float, Field(ge=0, le=100)]
Probability = Annotated[float, Field(gt=0, lt=1)]


class Rule(Model):
    """What every rule says.

    An alert is raised when the last ``hold`` values are all at or above ``raised_from``, and
    cleared when the last one is below ``cleared_below``; in between it stays as it is.

    Attributes:
        id: of the rule; part of the ids of its alerts.
        kind: what it looks at.
        severity: told with the alert.
        text: what to do, told with the alert.
        notify: environment variables with the addresses; those of the file where it is left out.
    """

    id: Identifier
    kind: str
    severity: Severity = "warning"
    text: str = ""
    notify: list[Variable] | None = None

    # What a market must have for the rule to make sense.
    needs: ClassVar[str | None] = None

    @property
    @abstractmethod
    def raised_from(self) -> float:
        """Value from which the alert is raised."""

    @property
    @abstractmethod
    def cleared_below(self) -> float:
        """Value below which it is cleared."""

    @property
    def hold(self) -> int:
        """Consecutive values that raise."""
        return 1

    @abstractmethod
    def says(self, value: float, subject: str) -> str:
        """What a value says, in words, without a full stop."""

    def raises(self, values: "pd.Series[float]") -> bool:
        """Whether the values, in order of time, raise an alert."""
        last = values.tail(self.hold)
        return len(last) == self.hold and bool((last >= self.raised_from).all())

    def clears(self, values: "pd.Series[float]") -> bool:
        """Whether the values, in order of time, clear an alert."""
        return len(values) > 0 and bool(values.iloc[-1] < self.cleared_below)


class ThresholdRule(Rule):
    """A rule on a number that is measured, with two thresholds so that nothing flaps."""

    threshold: float
    clear_below: float

    @property
    def raised_from(self) -> float:
        """Value from which the alert is raised."""
        return self.threshold

    @property
    def cleared_below(self) -> float:
        """Value below which it is cleared."""
        return self.clear_below

    @model_validator(mode="after")
    def _thresholds_differ(self) -> "ThresholdRule":
        if not self.clear_below < self.threshold:
            raise ValueError(
                f"clear_below ({self.clear_below:g}) must be lower than threshold "
                f"({self.threshold:g}), so that a value near the threshold does not raise and "
                "clear by turns: lower it"
            )
        return self


class MonthlyRule(ThresholdRule):
    """One on a monthly number, which must hold for some months."""

    months: int = Field(default=1, ge=1, le=24)

    @property
    def hold(self) -> int:
        """Consecutive months that raise."""
        return self.months


class LevelRule(MonthlyRule):
    """Percentile of the real-time index among the months known to its estimate."""

    kind: Literal["level"]
    threshold: Percentile
    clear_below: Percentile

    needs: ClassVar[str | None] = "index"

    def says(self, value: float, subject: str) -> str:
        """What a value says, in words, without a full stop."""
        return f"The index stands at percentile {value:.1f} of the months known"


class RegimeRule(MonthlyRule):
    """Filtered real-time probability of the high-risk regime."""

    kind: Literal["regime"]
    threshold: Probability
    clear_below: Probability

    needs: ClassVar[str | None] = "index"

    def says(self, value: float, subject: str) -> str:
        """What a value says, in words, without a full stop."""
        return f"The probability of the high-risk regime is {value:.1%}"


class ForecastRule(MonthlyRule):
    """Where a quantile of the forecast stands among the index of the past, as a percentile.

    Attributes:
        model: whose forecast; the project's own by default.
        horizon: months ahead.
        bound: which quantile of the forecast, as table ``forecast_fan`` names it.
    """

    kind: Literal["forecast"]
    threshold: Percentile
    clear_below: Percentile
    model: str = Field(default_factory=lambda: contender("forecasting").id)
    horizon: int = Field(default=3, ge=1, le=6)
    bound: Literal["forecast", "high_50", "high_90"] = "high_50"

    needs: ClassVar[str | None] = "forecasting"

    @model_validator(mode="after")
    def _model_is_known(self) -> "ForecastRule":
        if find("forecasting", self.model) is None:
            raise ValueError(_unknown_model("forecasting", self.model))
        return self

    def says(self, value: float, subject: str) -> str:
        """What a value says, in words, without a full stop."""
        bound = {
            "forecast": "The forecast",
            "high_50": "The upper end of the 50 % interval of the forecast",
            "high_90": "The upper end of the 90 % interval of the forecast",
        }[self.bound]
        return (
            f"{bound} {self.horizon} months ahead ({self.model}) stands at percentile {value:.1f} "
            "of the index so far"
        )


class StressRule(ThresholdRule):
    """Probability of stress of the coming days, day by day.

    Attributes:
        label: which stress, as table ``stress_predictions`` names it.
        model: whose probability; the project's own by default.
        days: for which it must hold.
    """

    kind: Literal["stress"]
    threshold: Probability
    clear_below: Probability
    label: Literal["F5", "F21", "F63"] = "F21"
    model: str = Field(default_factory=lambda: contender("stress").id)
    days: int = Field(default=1, ge=1, le=63)

    needs: ClassVar[str | None] = "stress"

    @model_validator(mode="after")
    def _model_is_known(self) -> "StressRule":
        if find("stress", self.model) is None:
            raise ValueError(_unknown_model("stress", self.model))
        return self

    @property
    def hold(self) -> int:
        """Consecutive days that raise."""
        return self.days

    def says(self, value: float, subject: str) -> str:
        """What a value says, in words, without a full stop."""
        days = self.label.removeprefix("F")
        return (
            f"The probability of stress in the coming {days} trading days ({self.model}) is "
            f"{value:.1%}"
        )


class OperationRule(Rule):
    """A rule on something that counts days or attempts while it lasts, and is 0 when it is over."""

    @property
    def cleared_below(self) -> float:
        """Value below which it is cleared: it is over."""
        return 1.0


class FailedRefreshRule(OperationRule):
    """Refreshes that failed one after another."""

    kind: Literal["failed_refresh"]
    failures: int = Field(default=1, ge=1)

    @property
    def raised_from(self) -> float:
        """Failures from which the alert is raised."""
        return float(self.failures)

    def says(self, value: float, subject: str) -> str:
        """What a value says, in words, without a full stop."""
        if value < 1:
            return "The last refresh succeeded"
        many = f"The last {value:.0f} refreshes" if value > 1 else "The last refresh"
        return f"{many} failed"


class MissedRefreshRule(OperationRule):
    """A month that is due by the release lags, and is not there."""

    kind: Literal["missed_refresh"]
    days: int = Field(default=1, ge=1)

    @property
    def raised_from(self) -> float:
        """Days late from which the alert is raised."""
        return float(self.days)

    def says(self, value: float, subject: str) -> str:
        """What a value says, in words, without a full stop."""
        if value < 1:
            return "Every month that is due is there"
        return f"A month that is due is {value:.0f} day{'s' * (value > 1)} late"


class StaleRule(OperationRule):
    """A series or price that keeps old values, because its delivery failed or was refused."""

    kind: Literal["stale"]
    days: int = Field(default=1, ge=1)

    @property
    def raised_from(self) -> float:
        """Days, the first included, from which the alert is raised."""
        return float(self.days)

    def says(self, value: float, subject: str) -> str:
        """What a value says, in words, without a full stop."""
        if value < 1:
            return f"{subject} is no longer stale"
        return f"{subject} is stale, day {value:.0f}"


AnyRule = Annotated[
    LevelRule
    | RegimeRule
    | ForecastRule
    | StressRule
    | FailedRefreshRule
    | MissedRefreshRule
    | StaleRule,
    Field(discriminator="kind"),
]


class AlertRules(Model):
    """A rules file.

    Attributes:
        notify: environment variables with the addresses that are told.
        rules: in the order in which they are told.
    """

    notify: list[Variable] = Field(default_factory=list)
    rules: list[AnyRule] = Field(default_factory=list)

    def told_by(self, rule: str) -> list[str]:
        """The environment variables with the addresses that a rule's alerts go to.

        Args:
            rule: its id; one that left the file meanwhile is told as the file says.
        """
        own = next((entry.notify for entry in self.rules if entry.id == rule), None)
        return self.notify if own is None else own

    def variables(self) -> list[str]:
        """All environment variables that hold addresses, each once."""
        own = [name for rule in self.rules for name in rule.notify or []]
        return list(dict.fromkeys([*self.notify, *own]))


def _unknown_model(leg: Literal["forecasting", "stress"], name: str) -> str:
    known = ", ".join(model.id for model in models_of(leg))
    return f"there is no model '{name}': choose from {known}"
