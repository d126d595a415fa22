"""The architectures that ship, by short names."""

NETWORKS = {
    name: f"sfr_pipeline.networks.{name}:{kind}"
    for name, kind in {
        "transformer": "Transformer",
        "cnn": "CNN",
        "bilstm": "BiLSTM",
        "tcn": "TCN",
        "cnn_bilstm": "CNNBiLSTM",
    }.items()
}
"""Architectures by a short name for the tests."""
