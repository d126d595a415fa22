"""In which encoding a file's text is, with proof, for tables and posts alike.

GB18030, in which Chinese spreadsheets and vendors export, gives nearly any bytes some meaning: that
a file decodes proves nothing. What proves it is which characters come out. Belongs here: bytes to
text, of a whole file or of one too large to hold. Does not belong here: what the text means
(`opening`, `opinion.export_files`).
"""

import codecs
import io
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NamedTuple, NoReturn

from sfr_pipeline.sources.files.checks import listed, refuse

MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "gb18030": "GB18030",
    "cp1252": "Latin-1",
}
# Two bytes of Chinese text stand together; an accent of Western text stands between letters.
PAIRED = 0.5
# Of a Chinese text, the share that the common characters of its encoding make up, or more: GB 2312
# has them first, in the order of their sounds; so has Big5, in that of their strokes.
COMMON = 0.7
# Bytes above 127 that are no UTF-8, beside those that are: a text of UTF-8 with a fault in it.
FEW_FAULTS = 0.1
# Bytes of a large file that tell its encoding, and that are looked at at once.
SAMPLE = 2**20
PIECE = 2**20
# A sign of three bytes in UTF-8, and how many of them in a line no six of GB18030 ever make.
SIGNS = re.compile(rb"[\xe3-\xe9\xef][\x80-\xbf]{2}")
SURELY = 4
SAVE = "save it as CSV UTF-8"


class Text(NamedTuple):
    """A file's text.

    Attributes:
        text: without a mark at its beginning.
        encoding: its name for readers, such as ``GB18030``.
    """

    text: str
    encoding: str


def decoded(file: str, content: bytes) -> Text:
    """The text of a file.

    Args:
        file: its name, for messages.
        content: its bytes.

    Raises:
        SourceError: it is no text, or in an encoding that isn't read; a byte that is wrong is told
            with its line.
    """
    encoding = encoding_of(file, _telling_lines(io.BytesIO(content)))
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        _refuse_byte(file, error, 0, encoding)
    if "\0" in text:
        refuse(file, None, f"it is no text: {SAVE}, or as .xlsx")
    _require_one(file, encoding, io.BytesIO(content))
    return Text(text, NAMES[encoding])


def encoding_of_file(path: Path, opened: Callable[[], BinaryIO] | None = None) -> str:
    """The encoding of a file of any size, every byte of it looked at.

    Args:
        path: of the file.
        opened: gives its bytes, where they are not those of the file itself but packed in it.

    Returns:
        Python's name of it, for ``open``.

    Raises:
        SourceError: as `decoded`.
    """
    try:
        with opened() if opened else path.open("rb") as file:
            encoding = encoding_of(str(path), _telling_lines(file))
            file.seek(0)
            decoder = codecs.getincrementaldecoder(encoding)()
            ends, piece = 0, b"-"
            while piece:
                piece = file.read(PIECE)
                try:
                    ends += decoder.decode(piece, final=not piece).count("\n")
                except UnicodeDecodeError as error:
                    _refuse_byte(str(path), error, ends, encoding)
            file.seek(0)
            _require_one(str(path), encoding, file)
    except (OSError, EOFError, zlib.error) as error:
        cause = getattr(error, "strerror", None) or error
        refuse(str(path), None, f"it cannot be read ({cause}): put the file itself there")
    return encoding


def encoding_of(file: str, content: bytes) -> str:
    """Python's name of the encoding that the bytes speak for.

    Raises:
        SourceError: they speak for none that is read here.
    """
    for mark, encoding in MARKS.items():
        if content.startswith(mark):
            return encoding
    if _is_utf8(content):
        return "utf-8"
    if b"\0" in content:
        refuse(file, None, f"it is no text: {SAVE}, or as .xlsx")
    high = len(re.findall(rb"[\x80-\xff]", content))
    pairs = re.findall(rb"[\x81-\xfe][\x40-\xfe]", content)
    runs = sum(len(run) for run in re.findall(rb"[\x80-\xff]{2,}", content))
    if runs <= PAIRED * high and _decodes(content, "cp1252"):
        return "cp1252"
    gb = sum(1 for one in pairs if one[0] in range(0xA1, 0xD8) and one[1] >= 0xA1)
    big5 = sum(1 for one in pairs if one[0] in range(0xA1, 0xC7) and _is_second_of_big5(one[1]))
    if pairs and big5 > gb and big5 >= COMMON * len(pairs) and _decodes(content, "big5hkscs"):
        refuse(file, None, f"its text is neither UTF-8 nor GB18030, but Big5: {SAVE}")
    if pairs and gb >= COMMON * len(pairs):
        return "gb18030"
    refuse(file, None, f"its text is neither UTF-8 nor GB18030: {SAVE}")


def _is_utf8(content: bytes) -> bool:
    """Whether it is UTF-8, or would be but for a few bytes that are faults."""
    kept = len(content.decode("utf-8", errors="ignore").encode())
    high = len(re.findall(rb"[\x80-\xff]", content))
    return len(content) - kept <= FEW_FAULTS * high


def _is_second_of_big5(byte: int) -> bool:
    return 0x40 <= byte <= 0x7E or byte >= 0xA1


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _telling_lines(file: BinaryIO) -> bytes:
    """The first line, and those that are more than ASCII, as many as tell the encoding."""
    kept = bytearray(file.readline(PIECE))
    while len(kept) < SAMPLE and (line := file.readline(PIECE)):
        if not line.isascii():
            kept += line
    return bytes(kept)


def _require_one(file: str, encoding: str, lines: BinaryIO) -> None:
    """Refuse lines of UTF-8 among those of GB18030, in which they have some meaning too."""
    if encoding != "gb18030":
        return
    other: list[int] = []
    number = 1
    for line in iter(lambda: lines.readline(PIECE), b""):
        if len(SIGNS.findall(line)) >= SURELY and _decodes(line, "utf-8"):
            other.append(number)
        number += line.endswith(b"\n")
    if other:
        refuse(
            file,
            None,
            f"line{'s' * (len(other) > 1)} {listed(other)} {'are' if len(other) > 1 else 'is'} "
            "UTF-8, and the rest GB18030: write all in one of them, or export the file anew",
        )


def _refuse_byte(file: str, error: UnicodeDecodeError, ends: int, encoding: str) -> NoReturn:
    """Name the byte that can't be decoded, behind so many ends of lines."""
    line = ends + error.object.count(b"\n", 0, error.start) + 1
    refuse(
        file,
        None,
        f"line {line} holds the byte {error.object[error.start]:#04x}, which is no "
        f"{NAMES[encoding]}, as the rest is: correct that line, or {SAVE}",
    )
