"""Investing.com: the download of historical data, in the languages of its editions.

``Price`` is the close; volumes are short (1.23M), the newest day comes first, and whether it is
03/29/2024 or 29.03.2024, and a point or a comma before decimals, is the edition's.
"""

from sfr_pipeline.sources.files.layouts.flat import Flat

_FIELDS = ("date", "close", "open", "high", "low", "volume")
_EDITIONS = (
    ("date", "price", "open", "high", "low", "vol."),
    ("datum", "zuletzt", "eröffn.", "hoch", "tief", "vol."),
    ("date", "dernier", "ouv.", "plus haut", "plus bas", "vol."),
    ("fecha", "último", "apertura", "máximo", "mínimo", "vol."),
    ("data", "ultimo", "apertura", "massimo", "minimo", "vol."),
    ("data", "último", "abertura", "máxima", "mínima", "vol."),
    ("data", "ostatnio", "otwarcie", "max.", "min.", "wol."),
    ("日期", "收盘", "开盘", "高", "低", "交易量"),
)
INVESTING = Flat(
    "investing.com",
    [{field: (word,) for field, word in zip(_FIELDS, words, strict=True)} for words in _EDITIONS],
)
