"""Forecasters of the index's change, each from what one origin knows; their records say which.

Belongs here: from an ``Origin`` to a forecast change, one class a model of
`sfr_pipeline.evaluation.models`. Does not belong here: which origins are forecast and when a fit
is renewed (the protocols), and how good the forecasts were.
"""
