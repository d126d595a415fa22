"""The site put together, aside, and then in place of the one before."""

import gzip
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from sfr_pipeline import __version__
from sfr_pipeline.report.chart import as_script, embedded
from sfr_pipeline.report.templates import drawing_script, templates
from sfr_pipeline.website import documentation
from sfr_pipeline.website.comparison import Standing, percentile_chart

KEPT = ".html.gz"


def past_reports(reports: Path, market: str) -> list[str]:
    """Days of which a market's report is kept, newest first.

    Args:
        reports: folder of the reports.
        market: its name.
    """
    kept = (reports / "archive" / market).glob(f"*{KEPT}")
    return sorted((path.name.removesuffix(KEPT) for path in kept), reverse=True)


def build(
    target: Path,
    reports: Path,
    standings: Sequence[Standing],
    indices: Mapping[str, pd.DataFrame],
    docs: Path | None,
) -> None:
    """Write the site, whole or not at all.

    Args:
        target: folder to write, or to replace.
        reports: folder of the reports.
        standings: the markets, in the order of the page.
        indices: tables ``sfri`` by market.
        docs: folder of the Markdown pages; None leaves them out.

    Raises:
        SettingError: the documentation can't be made.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".site-") as made:
        site = Path(made) / "site"
        site.mkdir()
        for one in standings:
            _add_market(site, reports, one)
        if docs is not None:
            with tempfile.TemporaryDirectory(dir=made) as aside:
                documentation.build(docs, site / "docs", Path(aside))
        page = _first_page(standings, indices, documented=docs is not None)
        (site / "index.html").write_text(page, encoding="utf-8")
        site.chmod(0o755)
        if target.exists():
            target.rename(Path(made) / "before")
        site.rename(target)


def _add_market(site: Path, reports: Path, one: Standing) -> None:
    name = one.market.name
    for page in (f"{name}.html", f"{name}_evidence.html"):
        if (reports / page).is_file():
            shutil.copyfile(reports / page, site / page)
    for day in one.told_on:
        kept = reports / "archive" / name / f"{day}{KEPT}"
        past = site / "archive" / name / f"{day}.html"
        past.parent.mkdir(parents=True, exist_ok=True)
        with gzip.open(kept) as packed, past.open("wb") as whole:
            shutil.copyfileobj(packed, whole)


def _first_page(
    standings: Sequence[Standing], indices: Mapping[str, pd.DataFrame], documented: bool
) -> str:
    chart = percentile_chart(indices, {one.market.name: one.market.title for one in standings})
    charts = {} if chart is None else {"percentiles": chart}
    latest = None if chart is None else chart.table["ref_date"].max()
    page: str = (
        templates("website", "report")
        .get_template("index.html.j2")
        .render(
            standings=standings,
            version=__version__,
            documented=documented,
            latest=latest,
            charts=charts,
            charts_json=as_script({name: embedded(found) for name, found in charts.items()}),
            script=drawing_script(),
        )
    )
    return page
