"""Variants of faults of texts: labels, encodings, counts."""

from collections.abc import Mapping

from sfr_pipeline_tests.vendors.variant import POSTS, Variant
from sfr_pipeline_tests.vendors.writing import Row, text

LABELS = (
    Variant(
        9,
        "labels that a program has made fractions of before",
        "labelled",
        {"labelled.csv": text([["text", "label"], ["大涨", "2.0"], ["大跌", "0.0"], ["不懂", ""]])},
        "told as written, with a class that fits: --classes 2.0=positive must work",
        read={"大涨": "2.0", "大跌": "0.0", "不懂": None},
        told=(("2.0",), ("1 row", "one row", "without a label", "lack")),
    ),
    Variant(
        9,
        "truth values as labels, texts that look like numbers and formulas",
        "labelled",
        {
            "labelled.csv": text(
                [
                    ["text", "label"],
                    ["007", "TRUE"],
                    ["1e5", "FALSE"],
                    ["N/A", "TRUE"],
                    ["=涨+1", "FALSE"],
                ]
            )
        },
        "all four texts and their labels as written",
        read={"007": "TRUE", "1e5": "FALSE", "N/A": "TRUE", "=涨+1": "FALSE"},
    ),
)

JAPANESE = "post_id,published_at,text\n1,2021-06-01 09:31,株価が上がるでしょう\n"
ENCODINGS = (
    Variant(
        11,
        "Shift-JIS",
        "posts",
        {"2021-06.csv": JAPANESE.encode("shift_jis")},
        "refused: neither UTF-8 nor GB18030",
        refused=(("UTF-8", "encoding", "GB18030"), ("2021-06.csv",)),
    ),
    Variant(
        11,
        "UTF-16 with its mark, a spreadsheet's 'Unicode text'",
        "posts",
        {"2021-06.csv": text(POSTS, "utf-16")},
        "read, or refused with the name of the encoding",
        read={"大盘要涨": (10, 1), "又跌了": (20, 2), "观望": (30, 3)},
        told=(("UTF-16", "encoding", "2021-06.csv"),),
    ),
    Variant(
        11,
        "UTF-8 that was read as GBK and saved as UTF-8: signs of replacement",
        "posts",
        {"2021-06.csv": text([*POSTS, ["4", "2021-06-04 11:00", "大盘\ufffd\ufffd\ufffd", 1, 1]])},
        "the post is refused or told; its neighbours are kept",
        read={"大盘要涨": (10, 1), "又跌了": (20, 2), "观望": (30, 3)},
    ),
)

# What stands in a cell, and what is meant; None: missing, the post itself is kept.
SHOWN: dict[str, int | None] = {
    "１２３": 123,
    "1.2 万": 12000,
    "10W+": 100000,
    "999+": 999,
    "1.5k": 1500,
    "12.0": 12,
    "--": None,
    "—": None,
    "评论": None,
}
LARGE: dict[str, int | None] = {
    "1.1亿": 110000000,
    "3千": 3000,
    "2.5M": 2500000,
    "1,234,567": 1234567,
    "0": 0,
    "+": None,
    "万": None,
}


def counted(name: str, shown: Mapping[str, int | None]) -> Variant:
    rows: list[Row] = [POSTS[0]]
    rows += [
        [str(i), f"2021-06-{i:02d} 09:31", f"第{i}条", cell, 1]
        for i, cell in enumerate(shown, start=1)
    ]
    return Variant(
        18,
        name,
        "posts",
        {"2021-06.csv": text(rows)},
        "every post is kept; a count that cannot be understood is missing, and told as it stands",
        read={f"第{i}条": (meant, 1) for i, meant in enumerate(shown.values(), start=1)},
        told=tuple(
            (cell,)
            for cell, meant in shown.items()
            if meant is None and cell.isalpha() and len(cell) > 1
        ),
    )


COUNTS = (
    counted("wide digits, blanks, 999+, words in place of counts", SHOWN),
    counted("亿, 千, M, several commas, signs without a number", LARGE),
)
