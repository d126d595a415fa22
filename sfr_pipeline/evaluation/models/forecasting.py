"""Models that forecast the index, in reading order.

Printed scores are of the monthly paper's Table 10, on China.
"""

from sfr_pipeline.evaluation.models.record import Model

_FORECASTERS = "sfr_pipeline.forecasting.forecasters"
_BOTH = ("paper", "real_time")
_PENALTY = "penalty, by expanding cross-validation at each origin"
_AT_REFIT = "by time-ordered cross-validation at each refit"


def _table_10(split: str, *scores: float) -> dict[str, float]:
    return {
        f"{split}_{column}": score
        for column, score in zip(("rmse", "mae", "ia", "tic", "var"), scores, strict=True)
    }


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
        "month_end",
        "forecasting",
        "The month's last values",
        "naive",
        f"{_FORECASTERS}.simple:MonthEnd",
        required=("real_time",),
        needs="month_ends",
        bar=True,
        featured=True,
        # How much of measures whose single days are mostly noise: the last day, the last week,
        # RiskMetrics' weights. The strongest rival on the US index was taken.
        variants=3,
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
        f"{_FORECASTERS}.networks:NetworkOnLevels",
        network=True,
        random=True,
        required=_BOTH,
        months_ahead=1,
        rare=True,
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
        f"{_FORECASTERS}.networks:NetworkOnChanges",
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
)
