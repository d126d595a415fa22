"""Models that say how large the volatility of the coming days will be, in reading order."""

from sfr_pipeline.evaluation.models.record import Model

_RIVALS = "sfr_pipeline.stress.volatility.rivals"
# A model is required on every panel that is there.
_PANELS = ("sub_markets", "stocks")
_NETWORKS = "sfr_pipeline.networks"
# The frozen form is a forecast of a month.
_MONTH = 21
# One layer of convolution and pooling, as it was when the gains were measured.
_FROZEN = {"layers": 1}
# Four forms, compared on the development years of the stocks; the share of the correction later.
_FORMS = 4 + 1

# What networks add to the panel HARX: half of the correction that held-out days support.
_CORRECTED: tuple[Model, ...] = (
    Model(
        "harx_network",
        "volatility",
        "Linear panel and CNN-BiLSTM",
        "own",
        f"{_NETWORKS}.cnn_bilstm:CNNBiLSTM",
        _FROZEN,
        network=True,
        days_ahead=_MONTH,
        random=True,
        required=("sub_markets",),
        optional=("stocks",),
        lead=True,
        contender=True,
        featured=True,
        choice="how much of the correction is believed, on held-out days",
        variants=_FORMS,
    ),
    Model(
        "harx_network_twin",
        "volatility",
        "Linear panel and CNN-BiLSTM of two days",
        "own",
        f"{_NETWORKS}.cnn_bilstm:CNNBiLSTM",
        _FROZEN,
        network=True,
        days_ahead=_MONTH,
        random=True,
        window=2,
        required=("sub_markets",),
        optional=("stocks",),
        ablation_of="harx_network",
        choice="how much of the correction is believed, on held-out days",
    ),
    Model(
        "harx_bilstm",
        "volatility",
        "Linear panel and BiLSTM",
        "own",
        f"{_NETWORKS}.bilstm:BiLSTM",
        network=True,
        days_ahead=_MONTH,
        random=True,
        optional=_PANELS,
    ),
    Model(
        "harx_transformer",
        "volatility",
        "Linear panel and Transformer",
        "own",
        f"{_NETWORKS}.transformer:Transformer",
        # As in the classifiers of days.
        {"d_model": 16, "heads": 2, "layers": 1},
        network=True,
        days_ahead=_MONTH,
        random=True,
        optional=_PANELS,
    ),
    Model(
        "harx_tcn",
        "volatility",
        "Linear panel and TCN",
        "own",
        f"{_NETWORKS}.tcn:TCN",
        network=True,
        days_ahead=_MONTH,
        random=True,
        optional=_PANELS,
    ),
    Model(
        "harx_cnn",
        "volatility",
        "Linear panel and CNN",
        "own",
        f"{_NETWORKS}.cnn:CNN",
        network=True,
        days_ahead=_MONTH,
        random=True,
        optional=_PANELS,
    ),
)

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
    *_CORRECTED,
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
