"""Models that say how large the volatility of the coming days will be, in reading order."""

from sfr_pipeline.evaluation.models.record import Model

_NETWORKS = "sfr_pipeline.networks"
# Four forms, compared on the development years of the stocks; the share of the correction later.
_FORMS = 4 + 1

# What networks add to the panel HARX: half of the correction that held-out days support.
_CORRECTED: tuple[Model, ...] = (
    Model(
        "harx_network",
        "volatility",
        "Panel HARX and CNN-BiLSTM",
        "own",
        f"{_NETWORKS}.cnn_bilstm:CNNBiLSTM",
        network=True,
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
        "The same with a window of two days",
        "own",
        f"{_NETWORKS}.cnn_bilstm:CNNBiLSTM",
        network=True,
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
        "Panel HARX and BiLSTM",
        "own",
        f"{_NETWORKS}.bilstm:BiLSTM",
        network=True,
        random=True,
        optional=("sub_markets", "stocks"),
    ),
    Model(
        "harx_transformer",
        "volatility",
        "Panel HARX and Transformer",
        "own",
        f"{_NETWORKS}.transformer:Transformer",
        # As in the classifiers of days.
        {"d_model": 16, "heads": 2, "layers": 1},
        network=True,
        random=True,
        optional=("sub_markets", "stocks"),
    ),
    Model(
        "harx_tcn",
        "volatility",
        "Panel HARX and TCN",
        "own",
        f"{_NETWORKS}.tcn:TCN",
        network=True,
        random=True,
        optional=("sub_markets", "stocks"),
    ),
    Model(
        "harx_cnn",
        "volatility",
        "Panel HARX and CNN",
        "own",
        f"{_NETWORKS}.cnn:CNN",
        network=True,
        random=True,
        optional=("sub_markets", "stocks"),
    ),
)

MODELS: tuple[Model, ...] = _CORRECTED
