"""The pages of docs/ as a part of the site, made by Sphinx.

Belongs here: how Markdown that is read in a checkout becomes pages of their own. Does not belong
here: any page.
"""

import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from sfr_pipeline.errors import SettingError

# What Sphinx needs; the extra ``site`` brings them.
NEEDED = ("sphinx", "furo", "myst_parser")
# As a reader takes them up; what is in no group stands at the end.
GROUPS = {
    "Reading the results": ("warehouse", "cookbook", "exports", "data_dictionary", "archive"),
    "How it measures": ("index", "forecasting", "volatility", "stress", "opinion", "papers"),
    "Your own": (
        "own_market",
        "own_forecaster",
        "own_network",
        "own_source",
        "models",
        "evaluating",
        "gallery",
    ),
    "Running it": (
        "workspace",
        "operation",
        "scaling",
        "alerts",
        "inputs",
        "markets",
        "china",
    ),
}
# A link, or a picture, with a path of its own.
LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|#)([^)\s#]+)(#[^)\s]*)?\)")


def missing() -> list[str]:
    """What Sphinx needs and this Python has not."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


def build(sources: Path, target: Path, aside: Path) -> None:
    """Write the pages.

    Args:
        sources: folder of the Markdown pages.
        target: folder to write.
        aside: empty folder for what Sphinx works from.

    Raises:
        SettingError: Sphinx is not there, or refuses a page; the message is its own.
    """
    if absent := missing():
        raise SettingError(
            f"the documentation is made by {', '.join(absent)}, not installed here: "
            "pip install 'sfr_pipeline[site]'"
        )
    pages = sorted(sources.glob("*.md"))
    names = {page.name for page in pages}
    for page in pages:
        text = _standing_alone(page.read_text(encoding="utf-8"), names | _pictures(sources))
        (aside / f"{_name(page.stem)}.md").write_text(text, encoding="utf-8")
    for picture in _pictures(sources):
        (aside / picture).write_bytes((sources / picture).read_bytes())
    (aside / "index.md").write_text(_contents(page.stem for page in pages), encoding="utf-8")
    settings = {
        "project": "sfr_pipeline",
        "extensions": "myst_parser",
        "html_theme": "furo",
        "html_title": "sfr_pipeline",
        "myst_heading_anchors": "4",
        "html_copy_source": "0",
        "html_show_copyright": "0",
        # No word of when it was made: the same pages give the same bytes.
        "html_last_updated_fmt": "",
        # Code that is no Python, such as a tree of files, stays as it is.
        "suppress_warnings": "misc.highlighting_failure",
    }
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-C", "-b", "html"]
    for name, value in settings.items():
        command += ["-D", f"{name}={value}"]
    done = subprocess.run(
        [*command, str(aside), str(target)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SettingError(f"the documentation can't be made: {done.stderr.strip()}")


def _pictures(sources: Path) -> set[str]:
    return {path.name for path in sources.glob("*.png")}


def _name(stem: str) -> str:
    """Name of a page: ``index`` is that of the contents."""
    return "measuring" if stem == "index" else stem


def _standing_alone(text: str, there: set[str]) -> str:
    """A page whose links go to pages beside it; what leads out of the folder is said as text."""

    def linked(found: re.Match[str]) -> str:
        mark, words, path, place = found[1], found[2], found[3], found[4] or ""
        if path not in there:
            return words if mark else f"{words} (`{path.removeprefix('../')}` of the checkout)"
        renamed = f"{_name(Path(path).stem)}{Path(path).suffix}"
        return f"{mark}[{words}]({renamed}{place})"

    return LINK.sub(linked, text)


def _contents(stems: Iterable[str]) -> str:
    """The first page: what there is, in groups."""
    left = set(stems)
    lines = ["# Documentation", "", '<a href="../index.html">Back to the markets</a>', ""]
    groups = {**GROUPS, "More": ()}
    for title, wanted in groups.items():
        own = [stem for stem in wanted if stem in left] or sorted(left if title == "More" else ())
        left -= set(own)
        if own:
            lines += ["```{toctree}", f":caption: {title}", ":maxdepth: 1", ""]
            lines += [_name(stem) for stem in own]
            lines += ["```", ""]
    return "\n".join(lines)
