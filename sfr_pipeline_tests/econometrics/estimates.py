"""What the tests of the TVP-FAVAR compare of its estimates."""

from sfr_pipeline.econometrics.sfri import weights


def index_of(results):
    """Weights and index."""
    weight = weights(results.loadings_smoothed, results.observed)
    return weight, (weight * results.scores).sum(axis=-1)
