"""Models that say how large the volatility of the coming days will be, in reading order."""

from sfr_pipeline.evaluation.models.record import Model

_RIVALS = "sfr_pipeline.stress.volatility.rivals"
# A model is required on every panel that is there.
_PANELS = ("sub_markets", "stocks")


MODELS: tuple[Model, ...] = (
    Model(
        "harx",
        "volatility",
        "Linear panel",
        "own",
        f"{_RIVALS}:PanelHarx",
        required=_PANELS,
        headline=True,
        reference=True,
        featured=True,
        # The form was written down before the hold-outs were scored; one more with the clip.
        variants=2,
    ),
    Model(
        "harx_means",
        "volatility",
        "Linear panel with means over markets",
        "own",
        f"{_RIVALS}:PanelHarx",
        {"means": True},
        required=_PANELS,
        featured=True,
        # The fitting scheme: windows and refits, chosen on stocks 1999-2009, not taken up.
        variants=20,
    ),
    Model(
        "ewma_recalibrated",
        "volatility",
        "EWMA, recalibrated",
        "baseline",
        f"{_RIVALS}:Recalibrated",
        {"rule": "ewma"},
        required=_PANELS,
        reference=True,
        featured=True,
    ),
    Model(
        "garch_recalibrated",
        "volatility",
        "GARCH(1,1), recalibrated",
        "baseline",
        f"{_RIVALS}:Recalibrated",
        {"rule": "garch"},
        required=_PANELS,
        reference=True,
        featured=True,
    ),
    Model(
        "gjr_recalibrated",
        "volatility",
        "GJR, recalibrated",
        "baseline",
        f"{_RIVALS}:Recalibrated",
        {"rule": "gjr"},
        required=_PANELS,
    ),
    Model(
        "har",
        "volatility",
        "HAR of the own market",
        "baseline",
        f"{_RIVALS}:OwnHar",
        required=_PANELS,
    ),
    Model(
        "gjr",
        "volatility",
        "GJR",
        "baseline",
        f"{_RIVALS}:PlainRule",
        {"rule": "gjr"},
        required=_PANELS,
        # It forecasts a variance, and is the one to beat where variances are judged.
        reference=True,
    ),
    Model(
        "garch",
        "volatility",
        "GARCH(1,1)",
        "baseline",
        f"{_RIVALS}:PlainRule",
        {"rule": "garch"},
        required=_PANELS,
    ),
    Model(
        "ewma",
        "volatility",
        "EWMA",
        "baseline",
        f"{_RIVALS}:Weights",
        {"rule": "ewma"},
        required=_PANELS,
    ),
    Model(
        "no_change",
        "volatility",
        "No change",
        "naive",
        f"{_RIVALS}:Weights",
        {"rule": "no_change"},
        required=_PANELS,
        benchmark=True,
        persistence=True,
    ),
)
