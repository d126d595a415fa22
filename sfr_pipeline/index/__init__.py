"""From raw series to the index of one market: indicators, panel, SFRI, vintages and regimes.

Belongs here: frames that keep the contracts of the index's tables. Does not belong here: models
(``econometrics``), files (``storage``), and anything that knows Dagster.
"""
