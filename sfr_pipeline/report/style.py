"""What all charts look like: colours, and the settings of Vega-Lite that hold for all of them.

Belongs here: what two legs draw alike. Does not belong here: a mark or an axis, which is the
`grammar`, nor a chart, which stands in the `charts` of its leg.
"""

from typing import Any

INK, MUTED, GRID = "#1f2933", "#52606d", "#e4e7eb"
RISK, CALM, BAND, STRESS = "#b4232a", "#2a6f97", "#f0b7a4", "#f7ddd4"
# Okabe and Ito's palette, told apart by colour-blind readers too; its yellow and light blue a shade
# darker, so that a line stands out from white and from the others in grey.
PALETTE = ("#0072b2", "#c77700", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8c6d31", "#7b8794")

# Characters of an indicator's name that leave room for the picture.
LABEL_LENGTH = 48

FONT = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

_TEXT: dict[str, Any] = {
    "labelFont": FONT,
    "titleFont": FONT,
    "labelFontSize": 11,
    "titleFontSize": 11,
}
CONFIG: dict[str, Any] = {
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        **_TEXT,
        "labelColor": MUTED,
        "titleColor": INK,
        "titleFontWeight": "normal",
        "gridColor": GRID,
        "domainColor": GRID,
        "tickColor": GRID,
        "labelLimit": 300,
    },
    "legend": {
        **_TEXT,
        "labelColor": INK,
        "title": None,
        "orient": "bottom",
        "direction": "horizontal",
        "columns": 4,
        "labelLimit": 260,
        "symbolStrokeWidth": 2,
        "symbolType": "stroke",
    },
    "header": {**_TEXT, "labelColor": INK, "title": None, "labelAnchor": "start"},
    "title": {"font": FONT, "fontSize": 13, "color": INK, "anchor": "start", "subtitleFont": FONT},
}
