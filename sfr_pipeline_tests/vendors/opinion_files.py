"""Exports of posts as people have them, and texts with labels."""

import json
from collections.abc import Sequence

import pandas as pd

from sfr_pipeline_tests.vendors.records import Labelled, Made, Post, Record, Refusal
from sfr_pipeline_tests.vendors.writing import Row, parquet, text, workbook

HEAD = ["post_id", "published_at", "text", "reads", "likes", "comments", "shares"]
PLAIN = (
    Post("900001", "2021-05-03 09:31:00", "大盘要涨，满仓干", 1523, 12, 4, 0),
    Post("900002", "2021-05-03 10:02:00", "又跌了，割肉离场", 802, 3, 15, 1),
    Post("900003", "2021-05-04 14:55:00", "观望，等明天消息", 96, 0, 0, 0),
    Post("900004", "2021-05-17 20:11:00", "央行降准，利好银行股", 4410, 87, 61, 9),
)
JUNE = (
    Post("910001", "2021-06-01 09:31:00", "六月开门红", 310, 5, 2, 0),
    Post("910002", "2021-06-08 11:20:00", "北向资金流出", 77, 1, 0, 0),
    Post("910003", "2021-06-30 15:00:00", "半年收官", 2045, 33, 12, 4),
)
# What stands in the cells, and what is meant by it.
COUNTS = [
    ("100000+", 100000),
    ("10万+", 100000),
    ("1.2万", 12000),
    ("1.2w", 12000),
    ("3k", 3000),
    ("1,234", 1234),
    ("1.5W", 15000),
    ("2亿", 200000000),
    ("", None),
]
WORDS = ["NA", "null", "无", "true", "FALSE", "NaN", "None", "是", "0", "1e5"]
BIG = [123456789012345678, 123456789012345681, 123456789012345702]


def cells(post: Post) -> Row:
    return [
        post.id,
        post.published_at,
        post.text,
        post.reads,
        post.likes,
        post.comments,
        post.shares,
    ]


def rows(posts: Sequence[Post]) -> list[Row]:
    return [HEAD, *(cells(post) for post in posts)]


def exports() -> list[Made]:
    counted = [
        Post(f"92000{i}", f"2021-05-0{i + 1} 12:00:00", f"第{i}条", meant, 1)
        for i, (_, meant) in enumerate(COUNTS)
    ]
    worded = [
        Post(f"93000{i}", f"2021-05-1{i} 08:30:00", word, 10 + i, 0, 0, 0)
        for i, word in enumerate(WORDS)
    ]
    rounded = tuple(
        Post(None, f"2021-05-2{i} 09:00:00", f"长编号{i}", 5 + i, 0, 0, 0) for i in range(3)
    )
    traditional = [
        Post(f"94000{i}", "2021-05-06 10:00:00", words, 1, 1, 1, 1)
        for i, words in enumerate(
            ["臺股大漲，繼續加碼", "聯準會升息，賣壓沉重", "觀望為宜", "護國神山跌破支撐"]
        )
    ]

    def lines(posts: Sequence[Post]) -> bytes:
        return "".join(
            json.dumps(dict(zip(HEAD, cells(post), strict=True)), ensure_ascii=False) + "\n"
            for post in posts
        ).encode()

    def damaged(whole: bool) -> bytes:
        good = text(rows(PLAIN))
        word = "观望".encode()
        return good if whole else good.replace(word, b"\xa7" + word[1:])

    def odd_counts() -> bytes:
        return text(
            [
                HEAD[:5],
                *(
                    [post.id, post.published_at, post.text, shown, 1]
                    for post, (shown, _) in zip(counted, COUNTS, strict=True)
                ),
            ]
        )

    def ids(shown: Sequence[str]) -> bytes:
        return text(
            [HEAD] + [[id, *cells(post)[1:]] for id, post in zip(shown, rounded, strict=True)]
        )

    def frame(posts: Sequence[Post]) -> pd.DataFrame:
        made = pd.DataFrame([cells(post) for post in posts], columns=HEAD)
        made["published_at"] = pd.to_datetime(made["published_at"])
        return made

    def record(path: str, about: str, posts: Sequence[Post] = (), **other: object) -> Record:
        made = Record(f"posts/{path}", "posts", "posts", about, posts=tuple(posts))
        return Record(**{**made.__dict__, **other})

    mended_ids = tuple(post._replace(id=str(id)) for post, id in zip(rounded, BIG, strict=True))
    return [
        Made(
            record("two_sheets/2021.xlsx", "A sheet a month.", (*PLAIN, *JUNE)),
            lambda: workbook({"2021-05": rows(PLAIN), "2021-06": rows(JUNE)}),
        ),
        Made(
            record("gb18030/2021-05.csv", "GB18030.", PLAIN, encoding="gb18030"),
            lambda: text(rows(PLAIN), "gb18030", end="\r\n"),
        ),
        Made(
            record("tabs/2021-06.tsv", "Cells parted by tabs.", JUNE, encoding="utf-8"),
            lambda: text(rows(JUNE), separator="\t"),
        ),
        Made(
            record("lines/2021-05.jsonl", "An object a line.", PLAIN, encoding="utf-8"),
            lambda: lines(PLAIN),
        ),
        Made(
            record("list/2021-06.json", "A list of objects.", JUNE, encoding="utf-8"),
            lambda: json.dumps(
                [dict(zip(HEAD, cells(post), strict=True)) for post in JUNE],
                ensure_ascii=False,
                indent=1,
            ).encode(),
        ),
        Made(
            record("parquet/2021-06.parquet", "Times as times, counts as integers.", JUNE),
            lambda: parquet(frame(JUNE)),
        ),
        Made(
            record(
                "months/2021/05/posts.csv",
                "A folder a year and month; its neighbour has June.",
                PLAIN,
                encoding="utf-8",
            ),
            lambda: text(rows(PLAIN)),
        ),
        Made(
            record("months/2021/06/posts.csv", "The neighbour of May.", JUNE, encoding="utf-8"),
            lambda: text(rows(JUNE)),
        ),
        Made(
            record(
                "counts/2021-05.csv",
                "Counts as people and sites write them; a capped one counts as its bound.",
                counted,
                encoding="utf-8",
            ),
            odd_counts,
        ),
        Made(
            record(
                "words/2021-05.csv",
                "Texts that look like nothing, like truth values and like numbers: texts all.",
                worded,
                encoding="utf-8",
            ),
            lambda: text(rows(worded)),
        ),
        Made(
            record(
                "big5/2021-05.csv",
                "Big5, which decodes as GB18030 into nonsense.",
                encoding="big5",
                refused=Refusal(
                    "its text is neither UTF-8 nor GB18030; Big5 may be what it is",
                    (("Big5", "big5", "UTF-8", "encoding"),),
                    "save it as UTF-8",
                    "posts/big5_mended/2021-05.csv",
                ),
            ),
            lambda: text(rows(traditional), "big5"),
        ),
        Made(
            record(
                "big5_mended/2021-05.csv",
                "The posts of the Big5 file, in UTF-8.",
                traditional,
                encoding="utf-8",
            ),
            lambda: text(rows(traditional)),
        ),
        Made(
            record(
                "bad_byte/2021-05.csv",
                "UTF-8 with one byte in line 4 that no UTF-8 has there.",
                encoding="utf-8",
                refused=Refusal(
                    "line 4 has a byte that is no UTF-8",
                    (("line 4", "row 4"), ("UTF-8", "byte", "0xa7")),
                    "write 观望 in line 4 anew",
                    "posts/bad_byte_mended/2021-05.csv",
                ),
            ),
            lambda: damaged(False),
        ),
        Made(
            record("bad_byte_mended/2021-05.csv", "With the byte mended.", PLAIN, encoding="utf-8"),
            lambda: damaged(True),
        ),
        Made(
            record(
                "rounded_ids/2021-05.csv",
                "Ids that a spreadsheet has cut to six digits.",
                encoding="utf-8",
                refused=Refusal(
                    "1.23457E+17 is an id that a spreadsheet has rounded",
                    (("1.23457E+17", "1.23457e+17"), ("round", "spreadsheet", "Excel")),
                    "export anew, with the column of ids as text",
                    "posts/whole_ids/2021-05.csv",
                ),
            ),
            lambda: ids(["1.23457E+17"] * 3),
        ),
        Made(
            record(
                "zeroed_ids/2021-05.csv",
                "Ids of eighteen digits whose last three a spreadsheet has made zero, one twice.",
                encoding="utf-8",
                refused=Refusal(
                    "123456789012345000 stands twice, for a spreadsheet has rounded it",
                    (("123456789012345000",), ("round", "spreadsheet", "Excel")),
                    "export anew, with the column of ids as text",
                    "posts/whole_ids/2021-05.csv",
                ),
            ),
            lambda: ids(["123456789012345000", "123456789012345000", "123456789012346000"]),
        ),
        Made(
            record(
                "whole_ids/2021-05.csv",
                "The same posts with all digits of their ids.",
                mended_ids,
                encoding="utf-8",
            ),
            lambda: ids([str(id) for id in BIG]),
        ),
    ]


LABELLED = (
    Labelled("大涨，满仓", "2"),
    Labelled("大跌，清仓", "0"),
    Labelled("观望", "1"),
    Labelled("不懂", None),
    Labelled("利好频出", "2"),
)
ODD = (
    Labelled("NA", "neutral"),
    Labelled("null", "neutral"),
    Labelled("nan", "neutral"),
    Labelled("无", "negative"),
    Labelled("大涨", "positive"),
)
COMMA = (Labelled("涨了", "2"), Labelled("跌了,快跑", "0"), Labelled("再看", "1"))
PADDED = (Labelled("跌停", "00"), Labelled("横盘", "01"), Labelled("涨停", "02"))


def labelled() -> list[Made]:
    def rows_of(found: Sequence[Labelled]) -> list[Row]:
        return [["text", "label"], *found]

    def record(path: str, about: str, found: Sequence[Labelled], **other: object) -> Record:
        made = Record(f"labelled/{path}", "labelled", "labelled", about, labelled=tuple(found))
        return Record(**{**made.__dict__, **other})

    return [
        Made(
            record(
                "one_empty.csv",
                "Labels 0, 1, 2 and an empty one, which makes fractions of them in pandas.",
                LABELLED,
                encoding="utf-8",
            ),
            lambda: text(rows_of(LABELLED)),
        ),
        Made(
            record("odd_texts.csv", "Texts such as NA and null.", ODD, encoding="utf-8"),
            lambda: text(rows_of(ODD)),
        ),
        Made(
            record("gb18030.csv", "GB18030.", LABELLED, encoding="gb18030"),
            lambda: text(rows_of(LABELLED), "gb18030", end="\r\n"),
        ),
        Made(
            record("padded.csv", "Labels 00, 01, 02.", PADDED, encoding="utf-8"),
            lambda: text(rows_of(PADDED)),
        ),
        Made(
            record(
                "broken_comma.csv",
                "A text with a comma of its own, not in quotes.",
                (),
                encoding="utf-8",
                refused=Refusal(
                    "row 3 has three cells, the head two",
                    (("row 3", "line 3"), ("cell", "comma", "column", "field")),
                    "put the text of row 3 into quotes",
                    "labelled/mended_comma.csv",
                ),
            ),
            lambda: text(rows_of(COMMA)).replace(b'"', b""),
        ),
        Made(
            record("mended_comma.csv", "With quotes.", COMMA, encoding="utf-8"),
            lambda: text(rows_of(COMMA)),
        ),
        Made(
            record("numbers.xlsx", "A workbook with numbers for labels.", LABELLED),
            lambda: workbook(
                {
                    "Sheet1": [
                        ["text", "label"],
                        *(
                            [found.text, None if found.label is None else int(found.label)]
                            for found in LABELLED
                        ),
                    ]
                }
            ),
        ),
    ]
