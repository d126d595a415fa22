"""Where a market's catalogue meets the econometrics: from sources to the frames of the tables.

Belongs here: what turns prices and series into indicators, panel, index and regimes of one market,
as frames that keep the contracts. Does not belong here: models (``econometrics``), files
(``storage``), and anything that knows Dagster.
"""
