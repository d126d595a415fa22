"""How templates become pages: the environment that all share, and the script that draws charts."""

import functools
from typing import Any

from sfr_pipeline.errors import shown_lines
from sfr_pipeline.report.formats import FILTERS


@functools.cache
def templates(*rooms: str) -> Any:
    """The environment of the templates of some rooms, the first to be looked in first."""
    import jinja2

    loaders = [jinja2.PackageLoader("sfr_pipeline", room) for room in rooms]
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader(loaders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_seen,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= FILTERS
    return environment


def _seen(value: Any) -> Any:
    """Texts with what nobody would see in them escaped; markup as it is."""
    return shown_lines(value) if type(value) is str else value


@functools.cache
def drawing_script() -> str:
    """Vega, Vega-Lite and Vega-Embed, as they came with `vl-convert`: the page loads nothing."""
    import vl_convert

    # None bundles nothing of our own, as it is documented; its types know text alone.
    bundle: str = vl_convert.javascript_bundle(None)  # type: ignore[arg-type]
    return bundle.replace("</script", "<\\/script")
