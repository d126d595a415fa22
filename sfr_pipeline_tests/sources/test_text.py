"""In which encoding a file is: proved by its characters, or refused with the line at fault."""

import random

import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources.files import text
from sfr_pipeline.sources.files.text import decoded, encoding_of_file

SIMPLE = (
    "大盘今天上涨，投资者很高兴；明天会怎么样，谁也说不好。央行下调存款准备金率，债券市场反应平淡"
)
TRADITIONAL = (
    "大盤今天上漲，投資人很高興；明天會怎麼樣，誰也說不好。央行調降存款準備率，債券市場反應平淡"
)


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("gb18030", "GB18030")],
)
def test_what_was_written_is_read(encoding, name):
    assert decoded("a.csv", f"date,{SIMPLE}\n".encode(encoding)) == (f"date,{SIMPLE}\n", name)


def test_any_piece_of_chinese_text_is_told_for_what_it_is():
    draw = random.Random(7)
    for _ in range(200):
        signs = "".join(draw.choices(SIMPLE, k=draw.randint(4, 60)))
        table = f"id,text\n1,{signs}\n"
        assert decoded("a.csv", table.encode("gb18030")).text == table
        assert decoded("a.csv", table.encode()).text == table


def test_traditional_text_in_utf8_is_text_like_any_other():
    assert decoded("a.csv", TRADITIONAL.encode()).text == TRADITIONAL


def test_big5_is_refused_by_its_name():
    draw = random.Random(8)
    for _ in range(200):
        signs = "".join(draw.choices(TRADITIONAL, k=draw.randint(10, 60)))
        with pytest.raises(SourceError, match=r"a\.csv: its text is neither .*save it as CSV"):
            decoded("a.csv", f"id,text\n1,{signs}\n".encode("big5"))
    with pytest.raises(SourceError, match="but Big5: save it as CSV UTF-8"):
        decoded("a.csv", TRADITIONAL.encode("big5"))


def test_accents_of_western_text_are_letters():
    table = "Día;Último;Máximo\n2024-01-02;1,5;€ 1,6\nÄnderung in % ;à;ß\n"
    assert decoded("a.csv", table.encode("cp1252")) == (table, "Latin-1")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_one_byte_that_is_wrong_is_told_with_its_line(encoding):
    lines = [f"{number},{SIMPLE}".encode(encoding) for number in range(1, 60)]
    lines[40] = lines[40][:20] + b"\xff" + lines[40][20:]
    name = {"utf-8": "UTF-8", "gb18030": "GB18030"}[encoding]
    with pytest.raises(SourceError, match=f"line 41 holds the byte 0x.., which is no {name}"):
        decoded("a.csv", b"\n".join(lines))


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(SourceError, match="it is no text"):
        decoded("a.csv", b"a,b\n\0\1\2\xff\n")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_large_file_is_told_by_its_first_characters_wherever_they_stand(
    tmp_path, monkeypatch, encoding
):
    monkeypatch.setattr(text, "SAMPLE", 64)
    monkeypatch.setattr(text, "PIECE", 101)
    path = tmp_path / "posts.csv"
    path.write_bytes(("id,text\n" + "1,plain\n" * 100 + f"2,{SIMPLE}\n" * 9).encode(encoding))
    found = encoding_of_file(path)
    assert path.read_text(encoding=found).endswith(f"2,{SIMPLE}\n")
    content = path.read_bytes()
    end = content.rindex(b"2,") + 2
    path.write_bytes(content[:end] + b"\xff" + content[end:])
    with pytest.raises(SourceError, match="line 110 holds the byte 0xff"):
        encoding_of_file(path)


def test_lines_of_utf8_that_were_added_to_gb18030_are_told_and_the_remedy_works(tmp_path):
    lines = [f"{number},{SIMPLE}".encode("gb18030") for number in range(1, 60)]
    added = [f"{number},{SIMPLE[-12:]}".encode() for number in (60, 61)]
    path = tmp_path / "posts.csv"
    path.write_bytes(b"id,text\n" + b"\n".join(lines + added))
    for read in (lambda: decoded("a.csv", path.read_bytes()), lambda: encoding_of_file(path)):
        with pytest.raises(
            SourceError, match="lines 61, 62 are UTF-8, and the rest GB18030: write"
        ):
            read()
    whole = [*lines, *(line.decode().encode("gb18030") for line in added)]
    path.write_bytes(b"id,text\n" + b"\n".join(whole))
    assert decoded("a.csv", path.read_bytes()).text.endswith(f"61,{SIMPLE[-12:]}")
    assert encoding_of_file(path) == "gb18030"


def test_no_text_in_gb18030_is_taken_for_utf8():
    """Not even signs that are rare, drawn at random of all that GB 2312 has."""
    draw = random.Random(9)
    signs = [
        bytes((first, second)).decode("gb2312", errors="ignore")
        for first in range(0xB0, 0xF8)
        for second in range(0xA1, 0xFF)
    ]
    rare = "\n".join("".join(draw.choices(signs, k=draw.randint(1, 12))) for _ in range(5_000))
    whole = f"{SIMPLE * 2_000}\n{rare}"
    assert decoded("a.csv", whole.encode("gb18030")).text == whole
