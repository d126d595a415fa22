"""Variants of faults of files: passed over, mapped wrongly, headed oddly, web pages.

Those of texts in them stand in `variants_of_texts`.
"""

import gzip

from sfr_pipeline_tests.vendors.official import credit, credit_rows, found_credit, texts
from sfr_pipeline_tests.vendors.variant import (
    DAYS,
    OTHER,
    POSTS,
    STOCK,
    WEEK,
    YEAR,
    Variant,
    one,
    wide,
    wide_of,
)
from sfr_pipeline_tests.vendors.writing import Row, page, text, workbook

PASSED_OVER = (
    Variant(
        3,
        "a series in capitals, its suffix too",
        "china",
        {"Shibor_1W.CSV": one(WEEK)},
        "read as shibor_1w, or named: a spelling must not bring back the open source in silence",
        told=(("Shibor_1W.CSV",),),
    ),
    Variant(
        3,
        "a month of posts compressed beside one that is not",
        "posts",
        {
            "2021-06.csv": text(POSTS),
            "2021-07.csv.gz": gzip.compress(text(POSTS).replace(b"-06-", b"-07-"), mtime=0),
        },
        "the compressed one is read, refused or logged by name",
        told=(("2021-07.csv.gz",),),
    ),
    Variant(
        3,
        "what spreadsheets and systems leave behind",
        "china",
        {
            "shibor_1w.csv": one(WEEK),
            "~$rates.xlsx": b"\x05owner" + b" " * 49,
            ".DS_Store": b"\x00\x00\x00\x01Bud1",
            "old/shibor_1w.csv.bak": one(YEAR),
        },
        "shibor_1w is read of its own file; neither lock nor system file stops the run; the copy "
        "in old/ is named",
        read={"shibor_1w": WEEK},
        told=(("shibor_1w.csv.bak",),),
    ),
)

YAML_TYPES = (
    Variant(
        4,
        "000001, which is the number 1, beside a column 1",
        "china",
        {
            "wide.csv": wide_of({"000001": STOCK, "1": OTHER}),
            "mapping.yaml": b"sse_composite: 000001\n",
        },
        "the column 000001 is read",
        read={"sse_composite": STOCK},
    ),
    Variant(
        4,
        "ON (overnight) and 1:30, which are true and 90",
        "china",
        {
            "wide.csv": wide_of({"ON": WEEK, "1:30": YEAR, "90": OTHER}),
            "mapping.yaml": b"shibor_1w: ON\nshibor_1y: 1:30\n",
        },
        "the columns of these names are read",
        read={"shibor_1w": WEEK, "shibor_1y": YEAR},
    ),
    Variant(
        4,
        "symbols NO, 1_000 and 1e3, and one to be ignored called 2024-01-02",
        "prices",
        {
            "all.csv": text(
                [
                    ["date", "symbol", "close"],
                    *([day, "NO", v] for day, v in STOCK.items()),
                    *([day, "1_000", v] for day, v in OTHER.items()),
                    *([day, "2024-01-02", v] for day, v in WEEK.items()),
                ]
            ),
            "mapping.yaml": b"symbols: {NO: ^GSPC, 1_000: ^VIX}\nignore: [2024-01-02]\n",
        },
        "NO stands for ^GSPC, 1_000 for ^VIX, the third is ignored",
        read={"^GSPC": STOCK, "^VIX": OTHER},
    ),
)

SAID_TWICE = (
    Variant(
        5,
        "the same key, quoted and plain, with other lines between",
        "china",
        {
            "wide.csv": wide(a=WEEK, b=YEAR),
            "mapping.yaml": b'"shibor_1w": a\n# as delivered in June\nshibor_1y: b\nshibor_1w: b\n',
        },
        "refused with the line of the second, 4",
        refused=(("shibor_1w",), ("line 4", "row 4")),
    ),
    Variant(
        5,
        "the same key inside another, in prices",
        "prices",
        {
            "^GSPC.csv": text(
                [["date", "Close", "Adj Close"], *([day, v, v] for day, v in STOCK.items())]
            ),
            "mapping.yaml": b"columns:\n  close: Close\n  date: date\n  close: Adj Close\n",
        },
        "refused with the line of the second, 4",
        refused=(("close",), ("line 4", "row 4")),
    ),
    Variant(
        5,
        "two series on one column, said in two ways",
        "china",
        {
            "wide.csv": wide_of({"1W": WEEK, "1Y": YEAR}),
            "mapping.yaml": b"shibor_1w: 1W\nshibor_1y: {file: wide.csv, column: 1W}\n",
        },
        "refused, naming both series and the column",
        refused=(("shibor_1w",), ("shibor_1y",), ("1W",)),
    ),
)


def reset() -> bytes:
    """reset_index() before to_csv(index=False): the word Date stands in the first row."""
    fields = ["Close", "High", "Low", "Open", "Volume"]
    rows: list[Row] = [["Date", *fields], ["", *["^GSPC"] * 5]]
    return text([*rows, *([day, v, v + 9, v - 9, v, 100] for day, v in STOCK.items())])


def unadjusted() -> bytes:
    """auto_adjust=False and repair=True: an adjusted close in front, a column of repairs."""
    fields = ["Adj Close", "Close", "High", "Low", "Open", "Repaired?", "Volume"]
    rows: list[Row] = [["Price", *fields], ["Ticker", *["^GSPC"] * 7], ["Date", *[None] * 7]]
    return text(
        [
            *rows,
            *(
                [day, round(v * 0.98, 4), v, v + 9, v - 9, v, "False", 100]
                for day, v in STOCK.items()
            ),
        ]
    )


YFINANCE = (
    Variant(
        6,
        "two rows of head: the frame's index was reset before it was saved",
        "prices",
        {"^GSPC.csv": reset()},
        "read, or refused with the name of the layout",
        read={"^GSPC": STOCK},
    ),
    Variant(
        6,
        "an adjusted close in front of the close, and a column Repaired?",
        "prices",
        {"data.csv": unadjusted()},
        "read with the close as the close: the adjusted one is not",
        read={"^GSPC": STOCK},
    ),
)

FURNITURE = (
    Variant(
        12,
        "saved from a spreadsheet: commas behind every row, a title above, two notes below",
        "china",
        {
            "rates.csv": text(
                [
                    ["同业拆借利率", None, None, None],
                    ["指标名称", "SHIBOR:1周", "SHIBOR:1年", None],
                    ["频率", "日", "日", None],
                    ["单位", "%", "%", None],
                    *([day, WEEK[day], YEAR[day], None] for day in DAYS),
                    [None] * 4,
                    ["注：节假日不公布", None, None, None],
                    ["数据来源：Wind", None, None, None],
                ],
                "gb18030",
            ),
            "mapping.yaml": "shibor_1w: SHIBOR:1周\nshibor_1y: SHIBOR:1年\n".encode(),
        },
        "read; or one sentence that names every row to be removed at once",
        read={"shibor_1w": WEEK, "shibor_1y": YEAR},
    ),
    Variant(
        12,
        "line breaks of Windows inside the heads, and blanks around them, in a workbook",
        "china",
        {
            "rates.xlsx": workbook(
                {
                    "Sheet1": [
                        ["指标名称", "SHIBOR:\r\n1周 ", " SHIBOR:\n1年"],
                        ["频率", "日", "日"],
                        ["单位", "%", "%"],
                        *([day, WEEK[day], YEAR[day]] for day in DAYS),
                        ["数据来源：Wind"],
                    ]
                }
            )
        },
        "read as SHIBOR:1周 and SHIBOR:1年, which are shibor_1w and shibor_1y",
        read={"shibor_1w": WEEK, "shibor_1y": YEAR},
    ),
)

YEAR_2013 = credit(2013)
XML = (
    '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
    '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">\n<Worksheet><Table>'
    "<Row><Cell><Data>2013年金融机构人民币信贷收支表</Data></Cell></Row></Table></Worksheet>\n"
    "</Workbook>\n"
)


def capitals() -> bytes:
    """Tags in capitals with attributes, thousands with commas, blanks that do not break."""
    rows = [
        [f"&nbsp;{cell:,.2f}&nbsp;" if isinstance(cell, float) else cell for cell in row]
        for row in credit_rows(YEAR_2013, months=texts(2013))
    ]
    content = page("信贷收支", rows, "gb2312")
    for tag in (b"table", b"tr", b"td"):
        content = content.replace(b"</" + tag, b"</" + tag.upper())
        content = content.replace(b"<" + tag, b"<" + tag.upper())
    return content.replace(b"<TD>", b'<TD class=xl24 align=right x:num="">')


PAGES = (
    Variant(
        14,
        "the XML of a spreadsheet of 2003 that calls itself xls",
        "workbook",
        {"2013.xls": XML.encode()},
        "read, or refused: it is XML, to be saved as .xlsx",
        refused=(("XML", "web page", "HTML"), (".xlsx", "xlsx", "save")),
    ),
    Variant(
        14,
        "a web page with tags in capitals, attributes, commas and blanks that do not break",
        "workbook",
        {"2013.htm": capitals()},
        "read as the same table in a plain workbook",
        read={found.name: found.values for found in found_credit([YEAR_2013])},
    ),
)
