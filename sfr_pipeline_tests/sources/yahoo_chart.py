"""The answer of Yahoo's chart interface, as yfinance reads it."""

import json

import pandas as pd


def chart(symbol, days):
    """The answer of the chart interface to a request for daily bars."""
    stamps = [int(pd.Timestamp(f"{day[0]} 13:30", tz="UTC").timestamp()) for day in days]
    columns = list(zip(*days, strict=True)) if days else [()] * 7
    names = ("open", "high", "low", "close")
    quote = {name: list(columns[i + 1]) for i, name in enumerate(names)}
    quote["volume"] = list(columns[6])
    meta = {
        "symbol": symbol, "currency": "USD", "instrumentType": "INDEX", "gmtoffset": -14400,
        "exchangeTimezoneName": "America/New_York", "timezone": "EDT", "dataGranularity": "1d",
        "validRanges": ["1d", "max"], "regularMarketPrice": 1.0, "priceHint": 2,
        "exchangeName": "SNP", "firstTradeDate": -1325583000, "currentTradingPeriod": {},
    }  # fmt: skip
    indicators = {"quote": [quote], "adjclose": [{"adjclose": list(columns[5])}]}
    result = {"meta": meta, "timestamp": stamps, "indicators": indicators}
    return json.dumps({"chart": {"result": [result], "error": None}}).encode()
