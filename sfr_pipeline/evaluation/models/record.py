"""What the record of a model says: what it is, what readers call it, where it may not be missing.

Belongs here: the fields. Does not belong here: the models (`forecasting`, `stress`, `volatility`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal, Protocol, Self, TypeVar, runtime_checkable

from sfr_pipeline.arrays import FloatArray

Leg = Literal["forecasting", "stress", "volatility"]
"""What is asked: the index, days of stress, or how large volatility will be (both by day)."""

Family = Literal["naive", "baseline", "paper", "own"]

Need = Literal["month_ends"]
"""What not every market has: indicators of the index that are means of a month's days."""

FAMILIES: Mapping[Family, str] = {
    "naive": "naive rule",
    "baseline": "baseline",
    "paper": "model of the paper",
    "own": "this project's or its user's own",
}
"""What readers are told of each family."""

Known = TypeVar("Known", contravariant=True)
Target = TypeVar("Target", contravariant=True)
Asked = TypeVar("Asked", contravariant=True)


@runtime_checkable
class Forecaster(Protocol[Known, Target, Asked]):
    """What every model but a network offers, in all legs: fit to the past, predict what is asked.

    The classes of the legs say which arrays they mean (`forecasting.forecasters.forecaster`,
    `stress.classifier`, `stress.volatility.rivals`).
    """

    def fit(self, known: Known, target: Target, /) -> Self:
        """Learn from what is known; returns the model itself."""
        ...

    def predict(self, asked: Asked, /) -> FloatArray:
        """Predictions for what is asked, one row each."""
        ...


@dataclass(frozen=True)
class Model:
    """One model of one leg.

    Attributes:
        id: in column ``model`` of the tables.
        leg: which forecasts it makes.
        name: for readers.
        family: ``naive`` (needs no estimation worth the name), ``baseline`` (simple, to be
            beaten), ``paper`` (of the two papers) or ``own`` (of this project or its user).
        implementation: ``module:Class`` of a forecaster, classifier or network.
        options: keyword arguments of that class.
        network: whether it is trained as tasks, on the GPU where there is one.
        window: days that it reads, where they are not those of its leg.
        random: whether it takes seeds.
        required: protocols whose scores may not be published without it.
        optional: protocols under which it runs where it can.
        forward: whether it forecasts what follows a day, of which several labels are made
            (`stress.forward`), rather than one label.
        needs: what a market must have for the model to be made, and then to be required; None
            where every market has it.
        rare: a named exception to equal refits, too costly for them: it is fitted anew at the rare
            interval of the profile.
        months_ahead: longest horizon of a forecast of the index; None for as far as is asked.
        days_ahead: only horizon of a forecast of volatility; None for all that are asked.
        benchmark: the one that every other is measured by (RMSE ratio, Brier skill).
        reference: whether every other is held against it in a paired test.
        bar: the better naive row known in advance: where it could be made, verdicts are held
            against it instead of the benchmark.
        lead: the network that the paper of the leg proposes.
        contender: this project's own candidate.
        headline: the one that is published first, where that is not the contender.
        ablation_of: id of the model that this one is without its network.
        persistence: whether it repeats the last known outcome.
        featured: whether it has a line of its own in charts that can't show all.
        warns: whether it says different things of different days, so that it can raise alarms.
        settings: how many settings each of its fits chooses from on its training rows.
        choice: what is chosen, in words.
        variants: variants that were looked at before its form was fixed.
        printed: scores that the paper prints, by column or by part and column.
    """

    id: str
    leg: Leg
    name: str
    family: Family
    implementation: str
    options: Mapping[str, Any] = field(default_factory=dict)
    network: bool = False
    window: int | None = None
    random: bool = False
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    forward: bool = False
    needs: Need | None = None
    rare: bool = False
    months_ahead: int | None = None
    days_ahead: int | None = None
    benchmark: bool = False
    reference: bool = False
    bar: bool = False
    lead: bool = False
    contender: bool = False
    headline: bool = False
    ablation_of: str | None = None
    persistence: bool = False
    featured: bool = False
    warns: bool = True
    settings: int = 1
    choice: str = "nothing to choose"
    variants: int = 0
    printed: Mapping[str, float] = field(default_factory=dict)

    @property
    def simple(self) -> bool:
        """Whether it is one of those that the others have to beat."""
        return self.family in ("naive", "baseline")

    def runs_under(self, protocol: str) -> bool:
        """Whether it runs under a protocol."""
        return protocol in (*self.required, *self.optional)

    def create(self) -> Any:
        """A fresh forecaster or classifier; of a network the training makes one for its inputs."""
        return self.load()(**self.options)

    def load(self) -> Any:
        """The class of the implementation, which is imported now."""
        return load(self.implementation)


def load(implementation: str) -> Any:
    """What ``module:Name`` stands for."""
    module, _, name = implementation.partition(":")
    return getattr(import_module(module), name)
