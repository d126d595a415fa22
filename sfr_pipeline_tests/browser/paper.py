"""A page on paper: what of its text reaches a PDF that Chromium prints.

No library for PDFs is among those that the tests are run with. Chromium writes few of the forms
that a PDF may have, and these are read here: streams of text, and tables of the letters of glyphs.
"""

import re
import unicodedata
import zlib

STREAM = re.compile(rb"(\d+) 0 obj\s*<<((?:(?!endobj).)*?)>>\s*stream\r?\n", re.S)
OBJECT = re.compile(rb"(\d+) 0 obj\s*(.*?)\s*endobj", re.S)
PAGE = re.compile(rb"/Type\s*/Page\b")


def n_pages(pdf):
    """How many sheets it is."""
    return len(PAGE.findall(pdf))


def text_of(pdf):
    """The text of a PDF, in the order in which it was drawn, without any space.

    A head that wraps in its cell stands in the PDF as one word a line, so spaces tell nothing.
    """
    streams = {number: _unpacked(pdf, found) for number, found in _streams(pdf)}
    fonts = _fonts(pdf, streams)
    letters = []
    for stream in streams.values():
        font = {}
        for name, glyphs in re.findall(rb"/(F\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)> Tj", stream):
            if name:
                font = fonts.get(name, {})
            else:
                codes = (glyphs[at : at + 4] for at in range(0, len(glyphs), 4))
                letters += [font.get(int(code, 16), "") for code in codes]
    return squeezed("".join(letters))


def squeezed(text):
    """A text without its spaces, its ligatures taken apart."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


def _streams(pdf):
    return ((int(found[1]), found) for found in STREAM.finditer(pdf))


def _unpacked(pdf, found):
    if b"FlateDecode" not in found[2] or b"/Subtype /Image" in found[2]:
        return b""
    return zlib.decompressobj().decompress(pdf[found.end() :])


def _fonts(pdf, streams):
    """Letters by glyph, by the name that a font has on all sheets."""
    objects = {int(number): body for number, body in OBJECT.findall(pdf)}
    tables = {}
    for body in objects.values():
        for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", body):
            told = re.search(rb"/ToUnicode (\d+) 0 R", objects.get(int(number), b""))
            if told:
                tables[name] = _letters(streams[int(told[1])])
    return tables


def _letters(table):
    """The letter of each glyph, from the table of a font."""
    letters = {}
    for kind, block in re.findall(rb"beginbf(char|range)(.*?)endbf", table, re.S):
        numbers = [item.decode() for item in re.findall(rb"<([0-9A-Fa-f]+)>", block)]
        size = 2 if kind == b"char" else 3
        for entry in zip(*[iter(numbers)] * size, strict=True):
            first, last, letter = int(entry[0], 16), int(entry[size - 2], 16), entry[-1]
            for glyph in range(first, last + 1):
                text = bytes.fromhex(letter).decode("utf-16-be")
                letters[glyph] = text[:-1] + chr(ord(text[-1]) + glyph - first)
    return letters
