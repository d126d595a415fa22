"""What a model of one's own is derived from in the daily leg, and what it is given.

Belongs here: names, in one place that stays (docs/own_forecaster.md). Does not belong here: any of
what they stand for. Networks are derived from `sfr_pipeline.networks.Network`.
"""

from sfr_pipeline.stress.classifier import Classifier
from sfr_pipeline.stress.forward import ForwardModel, KeptModel, Trained
from sfr_pipeline.stress.sample import Label, Sample
from sfr_pipeline.stress.volatility.panel import PooledPanel
from sfr_pipeline.stress.volatility.rivals import VolatilityModel

__all__ = [
    "Classifier",
    "ForwardModel",
    "KeptModel",
    "Label",
    "PooledPanel",
    "Sample",
    "Trained",
    "VolatilityModel",
]
