"""The architectures that ship, by short names: those of the records of the daily leg."""

from sfr_pipeline.evaluation.models import models_of

NETWORKS = {model.id: model.implementation for model in models_of("stress") if model.network}
"""Implementation of each architecture, ``module:Class``, by the id of its record."""
