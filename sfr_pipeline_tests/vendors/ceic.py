"""Series of CEIC: facts of each series above its values, months without days."""

from collections.abc import Mapping, Sequence

from sfr_pipeline_tests.vendors.records import Found, Made, Record, Refusal
from sfr_pipeline_tests.vendors.writing import (
    MONTHS,
    Row,
    around,
    business_days,
    dated,
    month_ends,
    quarter_ends,
    text,
    walk,
    workbook,
)

LINK = "Select this link and click 'Refresh/Edit download' to update data and add or remove series"


def _ceic(
    names: Sequence[str],
    facts: Mapping[str, Sequence[object]],
    days: Sequence[object],
    columns: Sequence[Sequence[float | None]],
    corner: str | None = LINK,
) -> list[Row]:
    rows: list[Row] = [[corner, *names]]
    rows += [[label, *cells] for label, cells in facts.items()]
    rows += [[day, *cells] for day, cells in zip(days, zip(*columns, strict=True), strict=True)]
    return rows


def _facts(frequency: str, units: Sequence[str], ids: Sequence[str], first: str, last: str) -> dict:
    n = len(units)
    return {
        "Region": ["China"] * n,
        "Subnational": [None] * n,
        "Frequency": [frequency] * n,
        "Unit": list(units),
        "Source": ["CEIC Data"] * n,
        "Status": ["Active"] * n,
        "Series ID": [int(id) for id in ids],
        "SR Code": [f"SR{id}1" for id in ids],
        "Mnemonic": [None] * n,
        "Function Information": [None] * n,
        "First Obs. Date": [first] * n,
        "Last Obs. Date": [last] * n,
        "Last Update Time": ["03/15/2024"] * n,
        "Series remarks": [None] * n,
    }


def ceic() -> list[Made]:
    months = month_ends("2022-06-30", 18)
    m2 = around("ceic m2", 18, 11.4, 0.8, 3)
    reserves = walk("ceic reserves", 18, 3071.272, 25.0, 3)
    reserves_gap = [None if i == 9 else v for i, v in enumerate(reserves)]
    names = ["Money Supply: M2: YoY", "Foreign Exchange Reserves"]
    ids = ["5198401", "7009701"]
    units = ["%", "USD bn"]
    quarters = quarter_ends("2021-03-31", 10)
    gdp = [18.7, 8.3, 5.2, 4.3, 4.8, 0.4, 3.9, 2.9, 4.5, 6.3]
    days = business_days("2024-01-01", 9)
    days = days[1:]
    week = around("ceic week", 8, 1.85, 0.06, 3)

    def found(i: int, frequency: str, values: Sequence[float | None]) -> Found:
        return Found(names[i], dated(months, values), ids[i], unit=units[i], frequency=frequency)

    def daily(shown: str) -> bytes:
        facts = _facts("Daily", ["% pa"], ["7027901"], "10/08/2006", "01/11/2024")
        wanted = {k: facts[k] for k in ("Frequency", "Unit", "Source", "Series ID")}
        name = ["Interbank Offered Rate: Weighted Avg: SHIBOR: 1 Week"]
        return text(_ceic(name, wanted, [d.strftime(shown) for d in days], [week], None))

    return [
        Made(
            Record(
                "ceic/monthly.xlsx",
                "ceic",
                "series",
                "The link in the corner, fourteen rows of facts, first days of months as dates; a "
                "second sheet that holds no series.",
                series=(found(0, "Monthly", m2), found(1, "Monthly", reserves_gap)),
            ),
            lambda: workbook(
                {
                    "My Series": _ceic(
                        names,
                        _facts("Monthly", units, ids, "12/1996", "11/2023"),
                        [day.replace(day=1) for day in months],
                        [m2, reserves_gap],
                    ),
                    "Copyright": [["(c) made up"]],
                },
                {"A": "mm/yyyy"},
            ),
        ),
        Made(
            Record(
                "ceic/months_slash.csv",
                "ceic",
                "series",
                "Months as 06/2022, no corner.",
                series=(found(0, "Monthly", m2), found(1, "Monthly", reserves)),
                encoding="utf-8",
            ),
            lambda: text(
                _ceic(
                    names,
                    _facts("Monthly", units, ids, "12/1996", "11/2023"),
                    [day.strftime("%m/%Y") for day in months],
                    [m2, reserves],
                    None,
                ),
                end="\r\n",
            ),
        ),
        Made(
            Record(
                "ceic/months_named.csv",
                "ceic",
                "series",
                "Months as Jun-2022, newest first; five rows of facts only.",
                series=(found(0, "Monthly", m2),),
                encoding="utf-8",
            ),
            lambda: text(
                _ceic(
                    names[:1],
                    {
                        label: cells
                        for label, cells in _facts(
                            "Monthly", units[:1], ids[:1], "12/1996", "11/2023"
                        ).items()
                        if label in ("Region", "Frequency", "Unit", "Source", "Series ID")
                    },
                    [f"{MONTHS[day.month - 1]}-{day.year}" for day in reversed(months)],
                    [m2[::-1]],
                    "",
                )
            ),
        ),
        Made(
            Record(
                "ceic/quarterly.xlsx",
                "ceic",
                "series",
                "Quarters as texts, 03/2021, 06/2021.",
                series=(
                    Found(
                        "GDP: YoY: Quarterly",
                        dated(quarters, gdp),
                        "368255677",
                        unit="%",
                        frequency="Quarterly",
                    ),
                ),
            ),
            lambda: workbook(
                {
                    "Sheet1": _ceic(
                        ["GDP: YoY: Quarterly"],
                        _facts("Quarterly", ["%"], ["368255677"], "03/2011", "06/2023"),
                        [day.strftime("%m/%Y") for day in quarters],
                        [gdp],
                    )
                }
            ),
        ),
        Made(
            Record(
                "ceic/broken_days.csv",
                "ceic",
                "series",
                "Days as 01/02/2024, none of them after the twelfth.",
                encoding="utf-8",
                refused=Refusal(
                    "whether 01/02/2024 is in January or in February cannot be told",
                    (("01/02/2024",), ("day", "month")),
                    "write the days as 2024-01-02",
                    "ceic/mended_days.csv",
                ),
            ),
            lambda: daily("%m/%d/%Y"),
        ),
        Made(
            Record(
                "ceic/mended_days.csv",
                "ceic",
                "series",
                "As broken_days.csv, with days that can be told.",
                series=(
                    Found(
                        "Interbank Offered Rate: Weighted Avg: SHIBOR: 1 Week",
                        dated(days, week),
                        "7027901",
                        unit="% pa",
                        frequency="Daily",
                    ),
                ),
                encoding="utf-8",
            ),
            lambda: daily("%Y-%m-%d"),
        ),
    ]
