"""What a chart looks like once it is drawn: its marks, read from Vega's own account of them."""

from typing import Any

from sfr_pipeline.report.chart import PNG_WIDTH, TABLE, Chart, _records, _widen


def marks(chart: Chart, kind: str) -> list[dict[str, Any]]:
    """The marks of a kind (rule, line, symbol, …) that are no part of an axis or a legend."""
    import vl_convert

    spec = chart.specification()
    rows = {TABLE: chart.table, **chart.beside}
    spec["datasets"] = {name: _records(frame) for name, frame in rows.items()}
    _widen(spec, PNG_WIDTH)
    found: list[dict[str, Any]] = []

    def look(part: Any) -> None:
        if isinstance(part, dict):
            if part.get("marktype") == kind and part.get("role") == "mark":
                found.extend(part["items"])
            for inner in part.values():
                look(inner)
        elif isinstance(part, list):
            for inner in part:
                look(inner)

    look(vl_convert.vegalite_to_scenegraph(spec))
    return found
