"""The site put together, aside, and then in place of the one before."""

import gzip
import html
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from sfr_pipeline import __version__
from sfr_pipeline.errors import SettingError
from sfr_pipeline.files import folder_in_place_of
from sfr_pipeline.report.chart import as_script, embedded
from sfr_pipeline.report.templates import drawing_script, templates
from sfr_pipeline.storage.filesystem import Filesystem
from sfr_pipeline.website import documentation
from sfr_pipeline.website.comparison import Standing, percentile_chart

KEPT = ".html.gz"
# Names the files of a site, so that no other folder is ever replaced.
MARK = ".sfr_site"
LEAD = re.compile(r'<p class="lead">(.*?)</p>', re.DOTALL)


def past_reports(reports: Filesystem, market: str) -> list[str]:
    """Days of which a market's report is kept, newest first.

    Args:
        reports: what lies in the folder of the reports.
        market: its name.
    """
    kept = (name for name in reports.names(f"archive/{market}") if name.endswith(KEPT))
    return sorted((name.removesuffix(KEPT) for name in kept), reverse=True)


def first_words(report: str) -> str:
    """What a report says first, as text.

    Args:
        report: its page.
    """
    found = LEAD.search(report)
    return html.unescape(found[1]) if found else ""


def build(
    target: Path,
    reports: Filesystem,
    standings: Sequence[Standing],
    indices: Mapping[str, pd.DataFrame],
    docs: Path | None,
) -> None:
    """Write the site, whole or not at all.

    Args:
        target: folder to write, or to replace: one that is empty, or a site that was made before.
        reports: what lies in the folder of the reports.
        standings: the markets, in the order of the page.
        indices: tables ``sfri`` by market.
        docs: folder of the Markdown pages; None leaves them out.

    Raises:
        SettingError: the folder holds what no site put there, or the documentation can't be made.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with folder_in_place_of(target, _require_ours) as site:
        for one in standings:
            _add_market(site, reports, one)
        if docs is not None:
            with tempfile.TemporaryDirectory() as aside:
                documentation.build(docs, site / "docs", Path(aside))
        page = _first_page(standings, indices, documented=docs is not None)
        (site / "index.html").write_text(page, encoding="utf-8")
        ours = sorted(path.relative_to(site).as_posix() for path in _files(site))
        (site / MARK).write_text("\n".join(ours) + "\n", encoding="utf-8")


def _require_ours(target: Path) -> None:
    """Refuse a folder that holds what no site put there.

    Raises:
        SettingError: it does, or is no folder.
    """
    if not target.exists():
        return
    if not target.is_dir():
        raise SettingError(f"{target} exists and is no folder: name another one, or delete it")
    mark = target / MARK
    ours = set(mark.read_text(encoding="utf-8").splitlines()) if mark.is_file() else set()
    found = (path.relative_to(target).as_posix() for path in _files(target))
    if foreign := sorted(set(found) - ours - {MARK}):
        raise SettingError(
            f"{target} holds what no site put there ({foreign[0]}) and would be replaced as a "
            "whole: name another folder, or empty it"
        )


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _add_market(site: Path, reports: Filesystem, one: Standing) -> None:
    name = one.market.name
    for page in (f"{name}.html", f"{name}_evidence.html"):
        if reports.exists(page):
            (site / page).write_bytes(_content(reports, page))
    for day in one.told_on:
        kept = _content(reports, f"archive/{name}/{day}{KEPT}")
        past = site / "archive" / name / f"{day}.html"
        past.parent.mkdir(parents=True, exist_ok=True)
        page = gzip.decompress(kept).decode("utf-8")
        # Of that day's evidence nothing is kept: the newest stands elsewhere from there.
        page = page.replace(f'href="{name}_evidence.html"', f'href="../../{name}_evidence.html"')
        past.write_text(page, encoding="utf-8")


def _content(reports: Filesystem, name: str) -> bytes:
    with reports.open(name) as file:
        content: bytes = file.read()
    return content


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
