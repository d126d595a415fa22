"""Series as Wind's EDB exports them: heads of several rows, a note below.

Prices by security stand in `china_prices`.
"""

from collections.abc import Sequence

from sfr_pipeline_tests.vendors.heads import (
    CPI,
    CPI_MONTHLY,
    FIXING,
    GDP,
    M2,
    PPI,
    QUARTER,
    RESERVES,
    SHORT,
    TEN,
    WEEK,
    WIND,
    Values,
    found,
    table,
)
from sfr_pipeline_tests.vendors.records import Made, Record, Refusal
from sfr_pipeline_tests.vendors.writing import (
    around,
    business_days,
    month_ends,
    quarter_ends,
    text,
    walk,
    workbook,
)

NOTE = "数据来源：Wind"


def wind() -> list[Made]:
    months = month_ends("2022-01-31", 24)
    monthly = (CPI, M2, PPI, RESERVES)
    columns: list[Values] = [
        around("cpi", 24, 1.8, 0.8),
        around("m2", 24, 10.5, 0.9),
        around("ppi", 24, 1.2, 3.0),
        walk("reserves", 24, 31200.5, 120.0),
    ]
    columns[2] = [None if i in (3, 17) else v for i, v in enumerate(columns[2])]
    days = business_days("2024-03-01", 21)
    daily = (WEEK, QUARTER, TEN)
    rates: list[Values] = [
        around("week", 21, 1.86, 0.08, 3),
        around("quarter", 21, 2.21, 0.05, 3),
        around("ten", 21, 2.31, 0.04, 4),
    ]
    rates[2] = [None if i == 6 else v for i, v in enumerate(rates[2])]
    quarters = quarter_ends("2022-03-31", 8)
    gdp: Values = [4.8, 0.4, 3.9, 2.9, 4.5, 6.3, 4.9, 5.2]
    mixed = month_ends("2022-01-31", 24)
    spread: Values = [dict(zip(quarters, gdp, strict=True)).get(day) for day in mixed]
    cpi_mom: Values = around("cpi_mom", 24, 0.1, 0.5)
    fixing: Values = walk("fixing", 21, 7.1059, 0.0035, 4)

    def english() -> bytes:
        heads = [
            M2._replace(name="China: M2: YoY", frequency="Month", source="PBC"),
            CPI._replace(name="China: CPI: YoY", frequency="Month", source="NBS"),
        ]
        labels = [
            ("Indicator Name", "name"),
            ("Frequency", "frequency"),
            ("Unit", "unit"),
            ("Source", "source"),
            ("ID", "id"),
        ]
        rows = table(labels, heads, months, [columns[1], columns[0]], "Data Source: Wind")
        return workbook({"Sheet1": rows}, {"A": "yyyy-mm-dd"})

    def two_sheets() -> bytes:
        fixed = {"country": "中国", "updated": "2024-04-01"}
        return workbook(
            {
                "月": table(WIND, [M2], months, [columns[1]], NOTE, **fixed),
                "日": table(WIND, [FIXING, TEN], days, [fixing, rates[2]], NOTE, **fixed),
            },
            {"A": "yyyy-mm-dd"},
        )

    def broken_csv(shown: Sequence[object]) -> bytes:
        return text(table(SHORT, [WEEK, QUARTER], shown, rates[:2], NOTE), "gb18030")

    hashes = [day.isoformat() if i != 4 else "########" for i, day in enumerate(days)]
    lines = [
        CPI_MONTHLY._replace(name="中国:CPI:\n环比"),
        GDP._replace(name="中国:GDP:不变价:\n当季同比"),
    ]
    return [
        Made(
            Record(
                "wind_edb/macro_monthly.xlsx",
                "wind_edb",
                "series",
                "Seven rows of head, months ascending as dates, two empty cells, the note below.",
                series=tuple(found(h, months, v) for h, v in zip(monthly, columns, strict=True)),
            ),
            lambda: workbook(
                {
                    "Sheet1": table(
                        WIND, monthly, months, columns, NOTE, country="中国", updated="2024-01-17"
                    )
                },
                {"A": "yyyy-mm-dd"},
            ),
        ),
        Made(
            Record(
                "wind_edb/rates_daily.csv",
                "wind_edb",
                "series",
                "GB18030, newest first, four rows of head, one empty cell, the note below.",
                series=tuple(
                    found(h, days, v, id=None, id_known=False)
                    for h, v in zip(daily, rates, strict=True)
                ),
                encoding="gb18030",
            ),
            lambda: text(
                table(
                    SHORT,
                    daily,
                    [day.isoformat() for day in reversed(days)],
                    [v[::-1] for v in rates],
                    NOTE,
                ),
                "gb18030",
                end="\r\n",
            ),
        ),
        Made(
            Record(
                "wind_edb/line_breaks.csv",
                "wind_edb",
                "series",
                "UTF-8 with a mark, names with line breaks in quotes, months and quarters on one "
                "sheet, so that the quarterly column is mostly empty; the frequency before the id.",
                series=(
                    found(lines[0], mixed, cpi_mom),
                    found(lines[1], mixed, spread),
                ),
                encoding="utf-8-sig",
            ),
            lambda: text(
                table(
                    [WIND[0], WIND[1], WIND[3], WIND[2], WIND[4]],
                    lines,
                    [day.isoformat() for day in mixed],
                    [cpi_mom, spread],
                    NOTE + "  更新时间：2024-01-17",
                ),
                "utf-8-sig",
            ),
        ),
        Made(
            Record(
                "wind_edb/english.xlsx",
                "wind_edb",
                "series",
                "The English terminal: Indicator Name, Frequency, Unit, Source, ID.",
                series=(
                    found(M2, months, columns[1], name="China: M2: YoY", frequency="Month"),
                    found(CPI, months, columns[0], name="China: CPI: YoY", frequency="Month"),
                ),
            ),
            english,
        ),
        Made(
            Record(
                "wind_edb/two_sheets.xlsx",
                "wind_edb",
                "series",
                "Two sheets, months and days, each with its head and its note.",
                series=(
                    found(M2, months, columns[1]),
                    found(FIXING, days, fixing),
                    found(TEN, days, rates[2]),
                ),
            ),
            two_sheets,
        ),
        Made(
            Record(
                "wind_edb/broken_dates.csv",
                "wind_edb",
                "series",
                "Copied from a column too narrow for its dates.",
                encoding="gb18030",
                refused=Refusal(
                    "row 9 has ######## for its date, which a narrow column shows",
                    (("########",), ("row 9", "line 9", "9")),
                    "write the date of that row: 2024-03-07",
                    "wind_edb/mended_dates.csv",
                ),
            ),
            lambda: broken_csv(hashes),
        ),
        Made(
            Record(
                "wind_edb/mended_dates.csv",
                "wind_edb",
                "series",
                "As broken_dates.csv, with the date written.",
                series=tuple(
                    found(h, days, v, id=None, id_known=False)
                    for h, v in zip((WEEK, QUARTER), rates[:2], strict=True)
                ),
                encoding="gb18030",
            ),
            lambda: broken_csv([day.isoformat() for day in days]),
        ),
    ]
