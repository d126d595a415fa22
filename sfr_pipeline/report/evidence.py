"""The parts of the evidence page, in the order of the flow: one a leg."""

from sfr_pipeline.report.forecasting import section as forecasting
from sfr_pipeline.report.index import section as index
from sfr_pipeline.report.stress import section as stress
from sfr_pipeline.report.stress import volatility_section as volatility

EVIDENCE = (index.PART, forecasting.PART, volatility.PART, stress.PART)
