"""What was found in a market, as the README and the pages in docs/ print it: text from tables.

A page holds it between two marks, so that it can be written anew and a test can hold it to a
warehouse. Does not belong here: what may be said of a leg, which stands in its `verdict`.
"""

import re
from collections.abc import Callable, Mapping

import pandas as pd

from sfr_pipeline.evaluation.models import lead, name_of, references
from sfr_pipeline.markets import Market
from sfr_pipeline.report.forecasting import verdict as forecasting
from sfr_pipeline.report.formats import as_float, refit_text
from sfr_pipeline.report.stress import verdict as stress
from sfr_pipeline.report.stress import volatility_verdict as volatility
from sfr_pipeline.report.stress.volatility_findings import Gain, PanelFinding
from sfr_pipeline.stress.beginning import AHEAD

Tables = Mapping[str, pd.DataFrame]
END = "<!-- end of what was found -->"


def begin(market: str) -> str:
    """The mark in front of what was found in a market."""
    return f"<!-- found: {market} -->"


def sentences(market: Market, tables: Tables) -> str:
    """Three of them, each with the query that shows the rows behind it.

    Args:
        market: the catalogue, with all three legs.
        tables: frames by name, those of the report.
    """
    told = (
        (_volatility(market, tables), "volatility_scores WHERE horizon = 21 AND loss = 'mse'"),
        (_index(tables), "forecast_scores WHERE protocol = 'real_time' AND horizon = 1"),
        (_stress(tables), "stress_scores WHERE label = 'F21'"),
    )
    return "\n".join(
        f"{number}. {text} (`FROM {market.name}.{rows}`)"
        for number, (text, rows) in enumerate(told, start=1)
    )


def forecasting_table(market: Market, tables: Tables) -> str:
    """All models of the headline group of table ``forecast_scores``."""
    rows = forecasting.headline_scores(tables["forecast_scores"])
    bar = forecasting.in_sentence(name_of("forecasting", str(rows["bar"].iloc[0])))
    head = ("model", "refitted", "RMSE, no change = 1", "p", f"{bar} = 1", "p", f"beats {bar}")
    return _table(
        head,
        [
            (
                name_of("forecasting", str(row["model"])),
                refit_text(as_float(row["refit_months"])),
                _number(row["rmse_ratio"], 3),
                _p(row["p_no_change"]),
                _number(row["bar_ratio"], 3),
                _p(row["p_bar"]),
                str(row["beats_bar"]),
            )
            for row in rows.to_dict("records")
        ],
    )


def stress_table(market: Market, tables: Tables) -> str:
    """All models of the headline group of table ``stress_scores``, by published probability."""
    rows = stress.group_of(tables["stress_scores"])
    head = (
        "model",
        "refitted",
        "AUROC",
        "95 % interval",
        "of the score",
        "Brier skill",
    )
    return _table(
        head,
        [
            (
                name_of("stress", str(row["model"])),
                refit_text(as_float(row["refit_months"])),
                _number(row["auroc"], 3),
                f"{_number(row['auroc_low'], 2)} to {_number(row['auroc_high'], 2)}",
                _number(row["auroc_score"], 3),
                _number(row["brier_skill"], 2),
            )
            for row in rows.to_dict("records")
        ],
    )


def volatility_table(market: Market, tables: Tables) -> str:
    """Gains of the headline model and of what stands beside it, of both panels."""
    found = volatility.volatility_summary(market, tables)
    head = (
        "on",
        "model",
        "refitted",
        "against",
        "gain in MSE, %",
        "p",
        "it is",
        "by QLIKE",
    )
    return _table(
        head,
        [
            (
                _where(panel),
                gain.name,
                refit_text(gain.refit_months),
                gain.rival_name,
                _gain(gain),
                _p(gain.p_value),
                gain.verdict,
                gain.by_qlike,
            )
            for panel in found.panels
            for gain in (
                *panel.gains,
                *([panel.network] if panel.network else []),
                *panel.beside,
            )
        ],
    )


PAGES: Mapping[str, Callable[[Market, Tables], str]] = {
    "README.md": sentences,
    "docs/forecasting.md": forecasting_table,
    "docs/stress.md": stress_table,
    "docs/volatility.md": volatility_table,
}
"""What each page says of a market."""


def held(page: str) -> dict[str, str]:
    """What a page's text says was found, by market."""
    pattern = rf"<!-- found: (\w+) -->\n(.*?)\n{re.escape(END)}"
    return dict(re.findall(pattern, page, flags=re.DOTALL))


def renewed(page: str, market: str, text: str) -> str:
    """The page with this in the place of what it says was found in a market.

    Raises:
        ValueError: the page has no such place.
    """
    if market not in held(page):
        raise ValueError(f"the page has no place for what was found in {market}")
    first, rest = page.split(f"{begin(market)}\n", 1)
    last = rest.split(END, 1)[1]
    return f"{first}{begin(market)}\n{text}\n{END}{last}"


def _volatility(market: Market, tables: Tables) -> str:
    found = volatility.volatility_summary(market, tables)
    parts = [
        f"on {_where(panel)} {_listed(panel.gains)}"
        for panel in sorted(found.panels, key=lambda panel: -panel.n_markets)
    ]
    own = next((panel.network for panel in found.panels if panel.network), None)
    more = "" if own is None else f"; what {own.name} adds is {own.verdict} ({_gain(own)} %)"
    return (
        f"How large volatility will be in the next {AHEAD} trading days: one linear panel for all "
        f"markets takes, in % of the rival's squared error of logs, {'; '.join(parts)}{more}."
    )


def _listed(gains: tuple[Gain, ...]) -> str:
    return ", ".join(f"{_gain(gain)} off {gain.rival_name}{_but(gain)}" for gain in gains)


def _but(gain: Gain) -> str:
    """What keeps a gain from being one by both losses."""
    notes = [gain.verdict] if gain.verdict != "better" else []
    if gain.by_qlike and gain.by_qlike != gain.verdict:
        notes.append(f"by QLIKE {gain.by_qlike}")
    return f" ({', '.join(notes)})" if notes else ""


def _index(tables: Tables) -> str:
    found = forecasting.forecasting_summary(tables)
    rows = forecasting.headline_scores(tables["forecast_scores"]).set_index("model")
    network = rows.loc[lead("forecasting").id]
    return (
        f"{found.verdict} The paper's {lead('forecasting').name} has "
        f"{network['rmse_ratio']:.2f} of the error of no change (p {network['p_no_change']:.2f})."
    )


def _stress(tables: Tables) -> str:
    found = stress.stress_summary(tables)
    own = found.contender
    first = references("stress")[0].id
    against = next((pair for pair in found.comparisons if pair.rival == first), None)
    text = (
        f"Whether the next {AHEAD} trading days bring stress: {found.n_episodes} episodes, and it "
        f"takes some {stress.DECIDABLE} to tell models apart"
    )
    if own is not None and against is not None:
        text += (
            f"; {own.name} has AUROC {own.auroc:.2f} ({own.low:.2f} to {own.high:.2f}), "
            f"{against.name} {own.auroc - against.difference:.2f}"
        )
    return f"{text}."


def _where(panel: PanelFinding) -> str:
    name = volatility.PANEL_NAMES[panel.panel]
    return f"{panel.n_markets} {name}, {panel.n_days:,} days"


def _gain(gain: Gain) -> str:
    return f"{100 * gain.gain:+.1f} [{100 * gain.low:+.1f}, {100 * gain.high:+.1f}]"


def _number(value: object, digits: int) -> str:
    number = as_float(value)
    return "" if number != number else f"{number:.{digits}f}"


def _p(value: object) -> str:
    """A p-value, never zero."""
    return "< 0.001" if as_float(value) < 0.001 else _number(value, 3)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
