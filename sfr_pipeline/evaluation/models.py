"""The record of every model: what it is, what readers call it, and where it may not be missing.

Belongs here: facts about a model that more than one room needs. Order, names, colours, required
rows, verdict words and counts of variants all derive from `MODELS`, and so does table ``models``.
Does not belong here: how a model is fitted; ``implementation`` says where that stands.

Adding a model is one record and one class.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal, Protocol, Self, TypeVar, runtime_checkable

import pandas as pd

from sfr_pipeline.arrays import FloatArray

Leg = Literal["forecasting", "stress"]
Family = Literal["naive", "baseline", "paper", "own"]

FAMILIES: Mapping[Family, str] = {
    "naive": "naive rule",
    "baseline": "baseline",
    "paper": "model of the paper",
    "own": "this project's own",
}
"""What readers are told of each family."""

Known = TypeVar("Known", contravariant=True)
Target = TypeVar("Target", contravariant=True)
Asked = TypeVar("Asked", contravariant=True)


@runtime_checkable
class Forecaster(Protocol[Known, Target, Asked]):
    """What every model but a network offers, in both legs: fit to the past, predict what is asked.

    The classes of the legs say which arrays they mean (`forecasting.forecasters.forecaster`,
    `stress.classifier`).
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
        implementation: ``module:Class`` of a forecaster, classifier or network; None for a model
            that its leg plans in a way of its own.
        options: keyword arguments of that class.
        network: whether it is trained as tasks, on the GPU where there is one.
        random: whether it takes seeds.
        required: protocols whose scores may not be published without it.
        optional: protocols under which it runs where it can.
        months_ahead: longest horizon of a forecast of the index; None for as far as is asked.
        benchmark: the one that every other is measured by (RMSE ratio, Brier skill).
        reference: whether every other is held against it in a paired test.
        lead: the network that the paper of the leg proposes.
        contender: this project's own candidate.
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
    implementation: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    network: bool = False
    random: bool = False
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    months_ahead: int | None = None
    benchmark: bool = False
    reference: bool = False
    lead: bool = False
    contender: bool = False
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
        """The class of the implementation, which is imported now.

        Raises:
            ValueError: the leg plans this model itself.
        """
        if self.implementation is None:
            raise ValueError(f"{self.id} has no class: its leg plans it")
        return load(self.implementation)


def load(implementation: str) -> Any:
    """What ``module:Name`` stands for."""
    module, _, name = implementation.partition(":")
    return getattr(import_module(module), name)


_FORECASTERS = "sfr_pipeline.forecasting.forecasters"
_STRESS = "sfr_pipeline.stress"
_NETWORKS = "sfr_pipeline.networks"
_BOTH = ("paper", "real_time")
_DAILY = ("walk_forward", "paper", "paper_random")
_PENALTY = "penalty, by expanding cross-validation at each origin"
_AT_REFIT = "by time-ordered cross-validation at each refit"


def _table_10(split: str, *scores: float) -> dict[str, float]:
    return {
        f"{split}_{column}": score
        for column, score in zip(("rmse", "mae", "ia", "tic", "var"), scores, strict=True)
    }


def _table_1(accuracy: float, recall: float, f1: float) -> dict[str, float]:
    return {"accuracy": accuracy, "recall": recall, "f1": f1}


# In reading order. Printed scores: of forecasts the monthly paper's Table 10, on China; of daily
# stress the daily paper's Table 1.
MODELS: tuple[Model, ...] = (
    Model(
        "no_change",
        "forecasting",
        "No change",
        "naive",
        f"{_FORECASTERS}.simple:NoChange",
        required=_BOTH,
        benchmark=True,
        reference=True,
        persistence=True,
        featured=True,
    ),
    Model(
        "ar1",
        "forecasting",
        "AR(1)",
        "baseline",
        f"{_FORECASTERS}.simple:AR1",
        required=_BOTH,
        reference=True,
        featured=True,
    ),
    Model(
        "expanding_mean",
        "forecasting",
        "Expanding mean",
        "naive",
        f"{_FORECASTERS}.simple:ExpandingMean",
        required=_BOTH,
    ),
    Model(
        "markov_switching",
        "forecasting",
        "Markov-switching AR",
        "baseline",
        f"{_FORECASTERS}.simple:MarkovSwitching",
        required=("real_time",),
        # It can't always be estimated on the training months of the paper's split.
        optional=("paper",),
        months_ahead=1,
    ),
    Model(
        "ridge",
        "forecasting",
        "Ridge, levels",
        "baseline",
        f"{_FORECASTERS}.ridge:RidgeLevels",
        required=_BOTH,
        featured=True,
        settings=13,
        choice=_PENALTY,
    ),
    Model(
        "var",
        "forecasting",
        "VAR",
        "baseline",
        f"{_FORECASTERS}.var:VectorAutoregression",
        required=_BOTH,
        choice="order 1, as the paper",
    ),
    Model(
        "bp",
        "forecasting",
        "BP network",
        "paper",
        f"{_FORECASTERS}.sklearn_models:BackPropagation",
        random=True,
        required=_BOTH,
        months_ahead=1,
        settings=3,
        choice=f"alpha in (0.1, 1.0, 10.0), {_AT_REFIT}",
        printed=_table_10("train", 0.1936, 0.1599, 0.6646, 0.3419, 0.0312)
        | _table_10("test", 0.1985, 0.1555, 0.7843, 0.4310, 0.0404),
    ),
    Model(
        "svm",
        "forecasting",
        "SVM",
        "paper",
        f"{_FORECASTERS}.sklearn_models:SupportVectors",
        required=_BOTH,
        months_ahead=1,
        settings=4,
        choice=f"C in (0.1, 1.0, 10.0, 100.0), {_AT_REFIT}",
        printed=_table_10("train", 0.1351, 0.1208, 0.6191, 0.3265, 0.0175)
        | _table_10("test", 0.1772, 0.1499, 0.6790, 0.5497, 0.0151),
    ),
    Model(
        "random_forest",
        "forecasting",
        "Random forest",
        "paper",
        f"{_FORECASTERS}.sklearn_models:RandomForest",
        random=True,
        required=_BOTH,
        months_ahead=1,
        settings=2,
        choice=f"min_samples_leaf in (1, 5), {_AT_REFIT}",
        printed=_table_10("train", 0.0937, 0.0776, 0.8638, 0.2222, 0.0077)
        | _table_10("test", 0.2034, 0.1599, 0.5909, 0.6495, 0.0207),
    ),
    Model(
        "transformer",
        "forecasting",
        "Transformer",
        "paper",
        f"{_FORECASTERS}.networks:TransformerLevels",
        network=True,
        random=True,
        required=_BOTH,
        months_ahead=1,
        lead=True,
        choice="the paper's Table 7",
        printed=_table_10("train", 0.0714, 0.0612, 0.9281, 0.1694, 0.0033)
        | _table_10("test", 0.1088, 0.0831, 0.8553, 0.3468, 0.0122),
    ),
    Model(
        "transformer_changes",
        "forecasting",
        "Transformer on changes",
        "own",
        f"{_FORECASTERS}.networks:TransformerChanges",
        network=True,
        random=True,
        required=("real_time",),
        months_ahead=1,
        featured=True,
        choice="nothing; the shrinkage factor is estimated",
    ),
    Model(
        "ridge_changes",
        "forecasting",
        "Ridge on changes",
        "own",
        f"{_FORECASTERS}.ridge:RidgeChanges",
        required=("real_time",),
        contender=True,
        featured=True,
        settings=13,
        choice=_PENALTY,
        # Scored on the US index before this project; it is one of them.
        variants=41,
    ),
    Model(
        "contender",
        "stress",
        "Ridge and CNN-BiLSTM on volatility gaps",
        "own",
        random=True,
        required=("walk_forward",),
        contender=True,
        featured=True,
        choice="nothing; the logit on its forecasts is fitted",
        # Of the trial on real data.
        variants=8,
    ),
    Model(
        "contender_base",
        "stress",
        "Ridge on volatility gaps",
        "own",
        required=("walk_forward",),
        ablation_of="contender",
        featured=True,
        choice="nothing; the penalty was fixed on the development years of market world",
        # Inputs and penalties, compared on those years.
        variants=7,
    ),
    Model(
        "cnn_bilstm",
        "stress",
        "CNN-BiLSTM with attention",
        "paper",
        f"{_NETWORKS}.cnn_bilstm:CNNBiLSTM",
        network=True,
        random=True,
        required=_DAILY,
        lead=True,
        featured=True,
        # Four training lengths, a window and a stride, for each of the five networks.
        variants=6,
        printed=_table_1(0.89, 0.87, 0.88),
    ),
    Model(
        "bilstm",
        "stress",
        "BiLSTM",
        "paper",
        f"{_NETWORKS}.bilstm:BiLSTM",
        network=True,
        random=True,
        required=_DAILY,
        variants=6,
        printed=_table_1(0.84, 0.82, 0.83),
    ),
    Model(
        "transformer",
        "stress",
        "Transformer",
        "paper",
        f"{_NETWORKS}.transformer:Transformer",
        # A few thousand weights, as the others; its own defaults are those of the monthly paper,
        # ten times as costly.
        {"d_model": 16, "heads": 2, "layers": 1},
        network=True,
        random=True,
        required=_DAILY,
        variants=6 + 2,  # and two sizes
        printed=_table_1(0.86, 0.85, 0.85),
    ),
    Model(
        "tcn",
        "stress",
        "TCN",
        "paper",
        f"{_NETWORKS}.tcn:TCN",
        network=True,
        random=True,
        required=_DAILY,
        variants=6,
        printed=_table_1(0.85, 0.83, 0.84),
    ),
    Model(
        "cnn",
        "stress",
        "CNN",
        "paper",
        f"{_NETWORKS}.cnn:CNN",
        network=True,
        random=True,
        required=_DAILY,
        variants=6,
        printed=_table_1(0.81, 0.79, 0.80),
    ),
    Model(
        "ewma",
        "stress",
        "EWMA volatility",
        "baseline",
        f"{_STRESS}.baselines:Volatility",
        {"measure": "log_ewma"},
        required=_DAILY,
        reference=True,
        featured=True,
    ),
    Model(
        "garch",
        "stress",
        "GARCH volatility",
        "baseline",
        f"{_STRESS}.baselines:GarchVolatility",
        required=_DAILY,
        reference=True,
        featured=True,
    ),
    Model(
        "rv22",
        "stress",
        "Realised volatility",
        "baseline",
        f"{_STRESS}.baselines:Volatility",
        {"measure": "log_rv22"},
        required=_DAILY,
    ),
    Model(
        "har_equity",
        "stress",
        "HAR-logit of one market",
        "baseline",
        f"{_STRESS}.baselines:HarLogit",
        {"several": False},
        required=_DAILY,
        reference=True,
        featured=True,
    ),
    Model(
        "har",
        "stress",
        "HAR-logit of several markets",
        "baseline",
        f"{_STRESS}.baselines:HarLogit",
        {"several": True},
        required=_DAILY,
        reference=True,
    ),
    Model(
        "gradient_boosting",
        "stress",
        "Gradient boosting",
        "baseline",
        f"{_STRESS}.baselines:GradientBoosting",
        required=_DAILY,
        variants=2,  # sets of inputs
    ),
    Model(
        "last_label",
        "stress",
        "Last known label",
        "naive",
        f"{_STRESS}.baselines:LastLabel",
        required=_DAILY,
        persistence=True,
    ),
    Model(
        "climatology",
        "stress",
        "Base rate so far",
        "naive",
        f"{_STRESS}.baselines:Climatology",
        required=_DAILY,
        benchmark=True,
        warns=False,
    ),
    Model(
        "majority",
        "stress",
        "More frequent class",
        "naive",
        f"{_STRESS}.baselines:Majority",
        required=_DAILY,
        warns=False,
    ),
)


def models_of(leg: Leg) -> tuple[Model, ...]:
    """The models of a leg, in reading order."""
    return tuple(model for model in MODELS if model.leg == leg)


def model_rows(legs: Iterable[Leg]) -> pd.DataFrame:
    """Rows of table ``models``.

    Args:
        legs: those that a market has.
    """
    rows = [
        {
            "leg": model.leg,
            "model": model.id,
            "place": place,
            "name": model.name,
            "family": model.family,
            "network": model.network,
            "random": model.random,
            "benchmark": model.benchmark,
            "reference": model.reference,
            "required": ", ".join(model.required),
            "settings": model.settings,
            "choice": model.choice,
            "variants": model.variants,
        }
        for leg in legs
        for place, model in enumerate(models_of(leg), start=1)
    ]
    return pd.DataFrame(rows)


def simple_models(leg: Leg) -> tuple[Model, ...]:
    """Naive models and baselines of a leg: those that the others have to beat."""
    return tuple(model for model in models_of(leg) if model.simple)


def find(leg: Leg, identifier: str) -> Model | None:
    """A model by its id; None for one that has no record, as an older table may name."""
    return next((model for model in models_of(leg) if model.id == identifier), None)


def name_of(leg: Leg, identifier: str) -> str:
    """Name for readers; a model without a record keeps its id."""
    model = find(leg, identifier)
    return model.name if model else identifier


def simple_kind(leg: Leg, identifier: str) -> str:
    """What readers are told of a model that the others have to beat; nothing of any other."""
    model = find(leg, identifier)
    return FAMILIES[model.family] if model is not None and model.simple else ""


def in_reading_order(leg: Leg, identifiers: Iterable[str]) -> list[str]:
    """Distinct ids in the order of the records; ids without a record behind, by the alphabet."""
    place = {model.id: number for number, model in enumerate(models_of(leg))}
    return sorted(set(identifiers), key=lambda name: (place.get(name, len(place)), name))


def benchmark(leg: Leg) -> Model:
    """The model that every other of a leg is measured by."""
    return _only(leg, "benchmark")


def lead(leg: Leg) -> Model:
    """The network that the paper of a leg proposes."""
    return _only(leg, "lead")


def contender(leg: Leg) -> Model:
    """This project's own candidate of a leg."""
    return _only(leg, "contender")


def persistence(leg: Leg) -> Model:
    """The model of a leg that repeats the last known outcome."""
    return _only(leg, "persistence")


def ablation(model: Model) -> Model | None:
    """The same model without its network, where there is such a row."""
    found = [other for other in models_of(model.leg) if other.ablation_of == model.id]
    return found[0] if found else None


def references(leg: Leg) -> tuple[Model, ...]:
    """Those that every other model of a leg is held against in a paired test."""
    return tuple(model for model in models_of(leg) if model.reference)


def variants_looked_at(leg: Leg) -> int:
    """Variants of all models of a leg that were looked at before their forms were fixed."""
    return sum(model.variants for model in models_of(leg))


def missing_models(
    leg: Leg, protocol: str, present: Iterable[str], horizon: int | None = None
) -> list[str]:
    """Ids that scores under a protocol may not be published without, and that are not there.

    Args:
        leg: whose scores.
        protocol: under which they were made.
        present: ids that are there.
        horizon: months ahead, where forecasts have one.
    """
    there = set(present)
    return [
        model.id
        for model in models_of(leg)
        if protocol in model.required
        and model.id not in there
        and (horizon is None or model.months_ahead is None or horizon <= model.months_ahead)
    ]


def _only(leg: Leg, role: str) -> Model:
    found: Sequence[Model] = [model for model in models_of(leg) if getattr(model, role)]
    if len(found) != 1:
        raise ValueError(f"leg {leg} has {len(found)} models with '{role}': it needs exactly one")
    return found[0]
