"""Models that tell days of stress from calm ones, in reading order.

Printed scores are of the daily paper's Table 1.
"""

from sfr_pipeline.evaluation.models.record import Model

_STRESS = "sfr_pipeline.stress"
_NETWORKS = "sfr_pipeline.networks"
_DAILY = ("walk_forward", "paper", "paper_random")


def _table_1(accuracy: float, recall: float, f1: float) -> dict[str, float]:
    return {"accuracy": accuracy, "recall": recall, "f1": f1}


MODELS: tuple[Model, ...] = (
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
