"""What there is to say of the data: how fresh, how often revised, what was refused.

Belongs here: rows of the tables of inputs, summed up. Does not belong here: their form on the page.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from sfr_pipeline.inputs.probe import targets
from sfr_pipeline.markets import Market
from sfr_pipeline.report.parts import Tables
from sfr_pipeline.sources.terms import terms_of
from sfr_pipeline.storage.tables.daily import PRICE_ISSUES

# Rows of revised items that the page shows, those with the most revisions first.
N_REVISED = 5
# What is done most often about an issue; how exactly may differ from case to case.
N_ACTIONS = 2
DAYS_A_MONTH = 30.44


@dataclass(frozen=True)
class Freshness:
    """Items of one source that end on the same day and fared alike at the last refresh.

    Attributes:
        source: name in the catalogue, or ``file``.
        names: of the series, or of the instruments.
        last: period of their newest value.
        age: days from then to the day that the report speaks of; negative beyond it.
        late: whether frequency and release lag do not explain the age.
        stale: whether the last refresh failed or was not believed.
        reason: why, where it is stale.
    """

    source: str
    names: tuple[str, ...]
    last: pd.Timestamp
    age: int
    late: bool
    stale: bool
    reason: str


@dataclass(frozen=True)
class Revised:
    """Revisions of one item, and the largest of them.

    Attributes:
        n: later versions of values.
        day: period of the value that changed most.
        old: that value before.
        new: that value since.
    """

    name: str
    n: int
    day: pd.Timestamp
    old: float
    new: float


@dataclass(frozen=True)
class Revisions:
    """What later deliveries changed.

    Attributes:
        n: later versions of values that were known before.
        n_late: prices that came later than they should have.
        n_withdrawn: values that are no longer delivered.
        n_items: series and instruments that any of these concern.
        newest: moment of the newest one, in UTC; NaT of none.
        items: those with the most later versions.
    """

    n: int
    n_late: int
    n_withdrawn: int
    n_items: int
    newest: pd.Timestamp
    items: tuple[Revised, ...]


@dataclass(frozen=True)
class Reread:
    """Months of indicators that read otherwise once revisions were known.

    Attributes:
        n: of them, each once however often it changed.
        n_gone: whose value is gone.
        n_indicators: that this concerns.
        largest: largest change of a score, in standard deviations; NaN where all are gone.
        name: of its indicator.
        month: of it.
    """

    n: int
    n_gone: int
    n_indicators: int
    largest: float
    name: str
    month: pd.Timestamp


def speaks_of(market: Market, tables: Tables) -> pd.Timestamp | None:
    """The day that ages are counted from: the index's latest month, else the newest value."""
    if market.monthly and len(tables["sfri"]):
        latest: pd.Timestamp = tables["sfri"]["ref_date"].max()
        return latest
    status = tables.get("input_status")
    return None if status is None or status.empty else status["last_ref_date"].max()


def freshness(market: Market, tables: Tables) -> list[Freshness]:
    """Everything that was ever delivered, what ends first in front.

    Args:
        market: the catalogue.
        tables: frames by name: ``input_status``, without rows of which nothing is known, and
            ``series`` where there are any.
    """
    day = speaks_of(market, tables)
    status = tables.get("input_status")
    if day is None or status is None or status.empty:
        return []
    sources, names = _sources(market, tables), names_of(market)
    allowed = {(_KIND[one.kind], one.id): one.allowed_age for one in targets(market)}
    keys = list(zip(status["kind"], status["item"], strict=True))
    # What an older catalogue asked for stands in the table too.
    rows = status[[key in names for key in keys]].copy()
    keys = [key for key in keys if key in names]
    rows["name"], rows["source"] = [names[key] for key in keys], [sources[key] for key in keys]
    rows["age"] = (day - rows["last_ref_date"]).dt.days
    rows["late"] = [age > allowed[key] for age, key in zip(rows["age"], keys, strict=True)]
    rows["reason"] = rows["reason"].fillna("")
    alike = ["last_ref_date", "source", "kind", "age", "late", "state", "reason"]
    return [
        Freshness(
            source=source,
            names=tuple(group["name"]),
            last=last,
            age=age,
            late=late,
            stale=state == "stale",
            reason=reason,
        )
        for (last, source, _, age, late, state, reason), group in rows.groupby(alike)
    ]


def age_text(days: int) -> str:
    """How much older than the report something is; a dash where it reaches its day."""
    if days <= 0:
        return "–"
    if days < 2 * DAYS_A_MONTH:
        return f"{days} day" if days == 1 else f"{days} days"
    return f"{days / DAYS_A_MONTH:.0f} months"


def revisions(market: Market, found: pd.DataFrame) -> Revisions:
    """What later deliveries changed.

    Args:
        market: the catalogue.
        found: table ``revisions``.
    """
    later = found.dropna(subset=["old_value", "new_value"])
    change = (later["new_value"] - later["old_value"]).abs()
    names = names_of(market)
    items = []
    for key, rows in later.groupby(["kind", "item"], sort=True):
        most = rows.loc[change[rows.index].idxmax()]
        name = names.get(key, str(most["item"]))
        items.append(
            Revised(name, len(rows), most["ref_date"], most["old_value"], most["new_value"])
        )
    return Revisions(
        n=len(later),
        n_late=int(found["old_value"].isna().sum()),
        n_withdrawn=int(found["new_value"].isna().sum()),
        n_items=found.groupby(["kind", "item"]).ngroups,
        newest=found["delivered_at"].max(),
        items=tuple(sorted(items, key=lambda item: -item.n)[:N_REVISED]),
    )


def reread(market: Market, panel: pd.DataFrame, revised: pd.DataFrame) -> Reread | None:
    """Months of indicators that read otherwise by now; None where none does.

    Args:
        market: the catalogue.
        panel: table ``indicator_panel``.
        revised: table ``panel_revisions``.
    """
    if revised.empty:
        return None
    key = ["indicator", "ref_date"]
    newest = revised.sort_values("known_from").drop_duplicates(key, keep="last")
    first = panel.loc[panel["mode"] == "real_time", [*key, "oriented"]]
    both = newest.merge(first, on=key, how="left", suffixes=("", "_first"))
    change = (both["oriented"] - both["oriented_first"]).abs()
    most = both.loc[change.idxmax()] if change.notna().any() else both.iloc[0]
    return Reread(
        n=len(newest),
        n_gone=int(newest["oriented"].isna().sum()),
        n_indicators=newest["indicator"].nunique(),
        largest=float(change.max()),
        name=market.indicator_names().get(most["indicator"], str(most["indicator"])),
        month=most["ref_date"],
    )


def rejected_posts(rejected: pd.DataFrame) -> list[dict[str, object]]:
    """Rows that were refused, by reason, the most common first.

    Args:
        rejected: column ``reason`` of table ``posts_rejected``.
    """
    counts = rejected["reason"].value_counts().rename_axis("reason").reset_index(name="n")
    rows: list[dict[str, object]] = counts.sort_values(
        ["n", "reason"], ascending=[False, True]
    ).to_dict("records")
    return rows


def odd_prices(quality: pd.DataFrame) -> list[dict[str, object]]:
    """What is odd about prices, by issue, and what is done about it.

    Args:
        quality: table ``prices_quality``.
    """
    return [
        {
            "issue": str(issue).replace("_", " "),
            "words": PRICE_ISSUES[str(issue)],
            "n": len(rows),
            "n_days": int(rows["n_days"].sum()),
            "n_instruments": rows["symbol"].nunique(),
            "action": "; ".join(rows["action"].value_counts(sort=True).index[:N_ACTIONS]),
        }
        for issue, rows in quality.groupby("issue", sort=True)
    ]


def terms(found: list[Freshness]) -> list[tuple[str, str]]:
    """The terms on which the data come: sources, and a sentence of each kind."""
    by_sentence: dict[str, list[str]] = {}
    for source in dict.fromkeys(one.source for one in found):
        by_sentence.setdefault(terms_of(source), []).append(source)
    return [(", ".join(sources), sentence) for sentence, sources in by_sentence.items()]


def names_of(market: Market) -> Mapping[tuple[str, str], str]:
    """Names for readers by kind and item, as the tables of inputs have them."""
    prices = {("price", one.symbol): one.name for one in market.prices}
    return prices | {("series", one.id): one.name for one in market.sourced_series}


_KIND = {"prices": "price", "series": "series"}


def _sources(market: Market, tables: Tables) -> dict[tuple[str, str], str]:
    """Where the newest value of each item comes from."""
    found = {("price", one.symbol): one.source or "file" for one in market.prices}
    found |= {("series", one.id): one.source or "file" for one in market.sourced_series}
    return found | dict(_told(tables))


def _told(tables: Tables) -> Iterator[tuple[tuple[str, str], str]]:
    """What the rows of the series themselves say: a file comes before a source."""
    if "series" in tables:
        newest = tables["series"].sort_values("ref_date").drop_duplicates("series", keep="last")
        for row in newest.itertuples(index=False):
            name, colon, _ = str(row.source).partition(": ")
            yield ("series", str(row.series)), name if colon else "file"
