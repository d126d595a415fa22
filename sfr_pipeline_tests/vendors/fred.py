"""Series of FRED as its site hands them out."""

import datetime as dt
from collections.abc import Sequence

from sfr_pipeline_tests.vendors.records import Found, Made, Record, Refusal
from sfr_pipeline_tests.vendors.writing import (
    Row,
    around,
    business_days,
    dated,
    month_ends,
    page,
    text,
    walk,
    workbook,
)

TITLES = {
    "DGS10": "Market Yield on U.S. Treasury Securities at 10-Year Constant Maturity, "
    "Quoted on an Investment Basis",
    "DGS3MO": "Market Yield on U.S. Treasury Securities at 3-Month Constant Maturity, "
    "Quoted on an Investment Basis",
}


def _rows(
    head: Sequence[str],
    days: Sequence[object],
    columns: Sequence[Sequence[float | None]],
    missing: str | None = None,
) -> list[Row]:
    return [
        head,
        *(
            [day, *(missing if cell is None else cell for cell in cells)]
            for day, cells in zip(days, zip(*columns, strict=True), strict=True)
        ),
    ]


def fred() -> list[Made]:
    days = business_days("2024-01-01", 16)
    ten: list[float | None] = [
        None if day in (dt.date(2024, 1, 1), dt.date(2024, 1, 15)) else value
        for day, value in zip(days, around("DGS10", 16, 4.1, 0.12, 2), strict=True)
    ]
    bill: list[float | None] = [
        None if b is None else v
        for v, b in zip(around("DGS3MO", 16, 5.4, 0.05, 2), ten, strict=True)
    ]
    sofr: list[float | None] = [
        None if day.day < 4 else v
        for day, v in zip(days, around("SOFR90DAYAVG", 16, 5.36, 0.004, 5), strict=True)
    ]
    months = month_ends("2022-01-31", 20)
    firsts = [day.replace(day=1) for day in months]
    unemployment = around("UNRATE", 20, 3.7, 0.15)
    production: list[float | None] = [*walk("INDPRO", 19, 102.5, 0.4, 4), None]
    ten_found = Found("DGS10", dated(days, ten), "DGS10", id_known=True)

    def graph() -> bytes:
        readme: list[Row] = [
            ["FRED Graph Observations"],
            ["Federal Reserve Economic Data"],
            ["Link: https://fred.stlouisfed.org"],
            [],
            ["File Created: 2024-05-06 9:30 am CDT"],
            [],
            ["Series ID", "Title", "Units", "Frequency"],
            ["UNRATE", "Unemployment Rate", "Percent", "Monthly"],
            ["INDPRO", "Industrial Production: Total Index", "Index 2017=100", "Monthly"],
        ]
        return workbook(
            {
                "README": readme,
                "Monthly": _rows(
                    ["observation_date", "UNRATE", "INDPRO"], firsts, [unemployment, production]
                ),
            },
            {"A": "yyyy-mm-dd"},
        )

    def old_graph() -> bytes:
        above: list[Row] = [
            ["FRED Graph Observations"],
            ["Federal Reserve Economic Data"],
            ["Link: https://fred.stlouisfed.org"],
            ["Help: https://fredhelp.stlouisfed.org"],
            ["Economic Research Division"],
            ["Federal Reserve Bank of St. Louis"],
            [],
            ["DGS10", TITLES["DGS10"] + ", Percent, Daily, Not Seasonally Adjusted"],
            [],
            ["Frequency: Daily"],
        ]
        return workbook(
            {"FRED Graph": [*above, *_rows(["observation_date", "DGS10"], days, [ten])]},
            {"A": "yyyy-mm-dd"},
        )

    def panel() -> bytes:
        rows = _rows(
            ["sasdate", "UNRATE", "INDPRO"],
            [f"{day.month}/{day.day}/{day.year}" for day in firsts],
            [unemployment, production],
        )
        rows.insert(1, ["Transform:", 2, 5])
        return text(rows, end="\r\n")

    monthly = (
        Found("UNRATE", dated(months, unemployment), "UNRATE", id_known=True),
        Found("INDPRO", dated(months, production), "INDPRO", id_known=True),
    )
    isodays = [day.isoformat() for day in days]
    return [
        Made(
            Record(
                "fred/DGS10.csv",
                "fred",
                "series",
                "observation_date, one series, holidays empty.",
                series=(ten_found,),
                encoding="utf-8",
            ),
            lambda: text(_rows(["observation_date", "DGS10"], isodays, [ten])),
        ),
        Made(
            Record(
                "fred/old_DGS10.csv",
                "fred",
                "series",
                "Until 2024: DATE, and a point for what is missing.",
                series=(ten_found,),
                encoding="utf-8",
            ),
            lambda: text(_rows(["DATE", "DGS10"], isodays, [ten], "."), end="\r\n"),
        ),
        Made(
            Record(
                "fred/several.csv",
                "fred",
                "series",
                "Several series, one of which begins later.",
                series=(
                    ten_found,
                    Found("DGS3MO", dated(days, bill), "DGS3MO", id_known=True),
                    Found("SOFR90DAYAVG", dated(days, sofr), "SOFR90DAYAVG", id_known=True),
                ),
                encoding="utf-8",
            ),
            lambda: text(
                _rows(
                    ["observation_date", "DGS10", "DGS3MO", "SOFR90DAYAVG"],
                    isodays,
                    [ten, bill, sofr],
                )
            ),
        ),
        Made(
            Record(
                "fred/fredgraph.xlsx",
                "fred",
                "series",
                "A sheet README, then one of months dated by their first days; the last is empty.",
                series=tuple(
                    found._replace(
                        unit={"UNRATE": "Percent", "INDPRO": "Index 2017=100"}[found.name],
                        frequency="Monthly",
                    )
                    for found in monthly
                ),
            ),
            graph,
        ),
        Made(
            Record(
                "fred/old_fredgraph.xlsx",
                "fred",
                "series",
                "One sheet with ten rows above the head.",
                series=(ten_found._replace(frequency="Daily"),),
            ),
            old_graph,
        ),
        Made(
            Record(
                "fred/fred_md.csv",
                "fred",
                "series",
                "FRED-MD: sasdate as 1/1/2022, and a row of transformations below the head; a "
                "reader that does not know it refuses it by naming the row Transform:.",
                series=monthly,
                encoding="utf-8",
            ),
            panel,
        ),
        Made(
            Record(
                "fred/broken_DGS10.csv",
                "fred",
                "series",
                "A web page saved under the name of the series.",
                encoding="utf-8",
                refused=Refusal(
                    "it is a web page without the table, not CSV",
                    (("web page", "html", "HTML"),),
                    "download the series again",
                    "fred/DGS10.csv",
                ),
            ),
            lambda: page("Access Denied", [["Reference #18.2d3e"]], "utf-8").replace(
                b" border=1", b""
            ),
        ),
    ]
