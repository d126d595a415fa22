"""Which column of a table of bars says whose a row is, whatever the table calls it.

Were it passed over, rows of several instruments would become bars of the one by which the file is
called. Belongs here: the words. Does not belong here: which instrument is meant (`price_names`).
"""

from collections.abc import Sequence

# In this order: a code is surer than what else may be called by these.
SYMBOLS = (
    "symbol", "symbols", "ticker", "tickers", "tic", "ric", "code", "instrument", "security",
    "asset", "stock", "代码", "证券代码", "股票代码", "指数代码", "基金代码",
)  # fmt: skip
# Where all rows say the same, it is but another name of what the file's name speaks of.
NAMES = ("name", "简称", "名称", "证券简称", "股票简称", "指数简称")


def column_of_symbols(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> int | None:
    """The column that says whose a row is.

    Args:
        heads: of the columns, in small letters.
        rows: below them.

    Returns:
        Its place; None where all rows are of one instrument.
    """
    for word in SYMBOLS:
        if word in heads:
            return heads.index(word)
    for place in (heads.index(word) for word in NAMES if word in heads):
        said = {str(cells[place] or "").strip() for cells in rows if place < len(cells)}
        if len(said - {""}) > 1:
            return place
    return None
