"""Which column of a table of bars says whose a row is, whatever the table calls it.

Were it passed over, rows of several instruments would become bars of the one by which the file is
called; so would those of another, which a line above the table names. Belongs here: the words. Does
not belong here: which instrument is meant (`price_names`).
"""

from collections.abc import Collection, Sequence

# In this order: a code is surer than what else may be called by these.
SYMBOLS = (
    "symbol", "symbols", "ticker", "tickers", "tic", "ric", "code", "stock", "代码", "证券代码",
    "股票代码", "指数代码", "基金代码",
)  # fmt: skip
# Where all rows say the same, it is but another name of what the file's name speaks of, or a kind.
NAMES = (
    "name", "instrument", "security", "asset", "简称", "名称", "证券简称", "证券名称", "股票简称",
    "指数简称",
)  # fmt: skip


def column_of_symbols(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> int | None:
    """The column that says whose a row is.

    Args:
        heads: of the columns, in small letters.
        rows: below them.

    Returns:
        Its place; None where all rows are of one instrument.
    """
    for word in (*SYMBOLS, *NAMES):
        if word not in heads:
            continue
        place = heads.index(word)
        said = {symbol_text(cells[place]) for cells in rows if place < len(cells)} - {""}
        if len(said) > (word in NAMES):
            return place
    return None


def symbol_above(rows: Sequence[tuple[int, Sequence[object]]]) -> str | None:
    """The symbol that a line above a table gives, as in ``代码: 000001.SH``, None where none does.

    Args:
        rows: above its head, each with its number.
    """
    for _, cells in rows:
        said = [text for text in map(symbol_text, cells) if text]
        words = [part.strip() for text in said[:2] for part in text.replace("：", ":").split(":")]
        if len(said) < 3 and len(words := [*filter(None, words)]) == 2:
            label, symbol = words
            if label.casefold() in SYMBOLS:
                return symbol
    return None


def columns_alike(heads: Sequence[str], read: Collection[int]) -> list[int]:
    """Of columns that are read, two or more that have one head; none where all differ.

    Args:
        heads: of all columns, in small letters, without units.
        read: places of those that are read.
    """
    for place in sorted(read):
        if heads.count(heads[place]) > 1:
            return [at for at, name in enumerate(heads) if name == heads[place]]
    return []


def symbol_text(cell: object) -> str:
    """A cell of symbols as text; workbooks have numbers where codes are digits.

    An apostrophe before digits is one that keeps spreadsheets from taking them for a number.
    """
    text = "" if cell is None else str(cell).strip()
    return text[1:] if text[:1] == "'" and text[1:2].isdigit() else text
