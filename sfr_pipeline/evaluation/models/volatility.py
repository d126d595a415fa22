"""Models that say how large the volatility of the coming days will be, in reading order."""

from sfr_pipeline.evaluation.models.record import Model

MODELS: tuple[Model, ...] = ()
