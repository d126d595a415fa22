"""How well a synthetic market's truth is recovered: the one place where estimates can be wrong.

It stands with the index, whose section shows it, and compares public opinion too.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from sfr_pipeline.markets import Market


@dataclass(frozen=True)
class Recovery:
    """An estimate against its truth.

    Attributes:
        estimate: what was estimated, under which information set.
        truth: variable of table ``truth``.
        measure: how they are compared.
        value: result, 1 at best.
        n_months: months in which both exist.
    """

    estimate: str
    truth: str
    measure: str
    value: float
    n_months: int


def recoveries(tables: Mapping[str, pd.DataFrame]) -> list[Recovery]:
    """Compare index, regimes and public opinion with table ``truth``."""
    truth = tables["truth"].pivot(index="ref_date", columns="variable", values="value")
    found = []
    for mode, index in tables["sfri"].groupby("mode", sort=True):
        values = index.set_index("ref_date")["sfri"]
        found.append(_correlation(f"index, {mode}", values, truth["factor"]))
    estimated = tables["regimes"][tables["regimes"]["horizon"] == 0]
    for mode, states in estimated.groupby("mode", sort=True):
        high = states.set_index("ref_date")["probability_high"] > 0.5
        both = pd.concat([high, truth["regime"] > 0.5], axis=1, join="inner")
        agreement = float((both.iloc[:, 0] == both.iloc[:, 1]).mean())
        found.append(
            Recovery(f"regime, {mode}", "regime", "share of months agreed", agreement, len(both))
        )
    if "npoi" in tables:
        for variant, rows in tables["npoi"].groupby("variant", sort=True):
            values = rows.set_index("ref_date")["npoi"]
            found.append(_correlation(f"public opinion, {variant}", values, truth["sentiment"]))
    return found


def as_lines(market: Market, tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """The comparison for a terminal; nothing where nobody knows the truth.

    Args:
        market: the catalogue.
        tables: frames by name, those that ``recoveries`` needs among them.
    """
    if not market.truth:
        return []
    return [
        "  recovery of the known truth",
        *(
            f"    {row.value:+.3f}  {row.estimate} ({row.measure} with true {row.truth})"
            for row in recoveries(tables)
        ),
    ]


def _correlation(name: str, estimate: pd.Series, truth: pd.Series) -> Recovery:
    both = pd.concat([estimate, truth], axis=1, join="inner").dropna()
    value = float(both.iloc[:, 0].corr(both.iloc[:, 1]))
    return Recovery(name, str(truth.name), "correlation", value, len(both))
