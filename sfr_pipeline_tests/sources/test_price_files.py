import datetime as dt
from collections import namedtuple

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources.files.folder import Imports
from sfr_pipeline.sources.files.prices import read_prices

Instrument = namedtuple("Instrument", ["symbol", "code", "known_as"], defaults=[()])
MARKET = [Instrument("SPX", "^GSPC"), Instrument("OIL", "CL=F"), Instrument("^VIX", "^VIX")]
TODAY = dt.date(2024, 6, 1)
ROWS = "2024-01-03,2,4,1,3,100\n2024-01-02,1,2,0.5,1.5,\n"


@pytest.fixture
def imports(tmp_path):
    (tmp_path / "prices").mkdir()
    return tmp_path


def write(imports, name, text):
    (imports / "prices" / name).write_text(text)
    return imports


def read(imports):
    return read_prices(imports, MARKET, TODAY)


def test_without_a_folder_there_are_no_prices(tmp_path):
    assert read(tmp_path).empty
    assert {"date", "symbol", "close", "file"} <= set(read(tmp_path))


@pytest.mark.parametrize("name", ["SPX.csv", "^GSPC.csv"])
def test_a_file_is_an_instrument_called_by_symbol_or_code(imports, name):
    frame = read(write(imports, name, "Date,Open,High,Low,Close,Volume\n" + ROWS))
    assert list(frame["symbol"]) == ["SPX", "SPX"]
    assert list(frame["date"]) == [pd.Timestamp("2024-01-02"), pd.Timestamp("2024-01-03")]
    assert list(frame["close"]) == [1.5, 3.0]
    assert np.isnan(frame["volume"][0])
    assert frame["volume"][1] == 100
    assert set(frame["file"]) == {name}


def test_a_long_file_holds_several_and_needs_but_date_symbol_and_close(imports):
    text = "close,symbol,date\n3,CL=F,20240103\n2,CL=F,20240102\n15,^VIX,20240102\n,^VIX,20240103\n"
    frame = read(write(imports, "all.csv", text))
    assert frame.groupby("symbol")["close"].apply(list).to_dict() == {"OIL": [2, 3], "^VIX": [15]}
    assert frame["open"].isna().all()


def test_parquet_reads_as_its_csv_does(imports, tmp_path):
    rows = pd.DataFrame(
        {
            "date": pd.to_datetime(["2024-01-02", "2024-01-03"]).astype("datetime64[ns]"),
            "close": [-37.63, 10.0],
            "volume": [0, 5],
        }
    )
    rows.to_parquet(imports / "prices" / "OIL.parquet")
    frame = read(imports)
    other = tmp_path / "other"
    (other / "prices").mkdir(parents=True)
    rows.to_csv(other / "prices" / "OIL.csv", index=False)
    provenance = ["file", "sha256"]
    pd.testing.assert_frame_equal(
        frame.drop(columns=provenance), read(other).drop(columns=provenance)
    )
    assert list(frame["close"]) == [-37.63, 10.0]


def test_a_mapping_names_columns_and_symbols_of_a_vendor(imports):
    write(imports, "vendor.csv", "Day,Ticker,Close,Adj\n2024-01-02,S&P,9,1.5\n2024-01-02,SPY,9,9\n")
    write(
        imports,
        "mapping.yaml",
        "columns: {date: Day, symbol: Ticker, close: Adj}\nsymbols: {S&P: SPX}\nignore: [SPY]\n",
    )
    frame = read(imports)
    assert list(frame["symbol"]) == ["SPX"]
    assert list(frame["close"]) == [1.5]


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("SPY.csv", "date,close\n2024-01-02,1\n", "'SPY' is no instrument.*did you mean"),
        ("all.csv", "date,symbol,close\n2024-01-02,QQQ,1\n", "row 2: 'QQQ' is no instrument"),
        ("SPX.csv", "date,last\n2024-01-02,1\n", "no column 'close'"),
        ("SPX.csv", "date,close,Close\n2024-01-02,1,2\n", "two of its columns"),
        ("SPX.csv", 'date,close\n2024-01-02,"1,5"\n', "row 2: '1,5' is no number"),
        ("SPX.csv", "date,close\n02.01.2024,1\n", "row 2: '02.01.2024' is no date"),
        (
            "SPX.csv",
            "date,close\n2024-01-02,1\n2024-01-02,2\n",
            "row 3: .* stands in row 2 already",
        ),
        ("SPX.csv", "date,close\n2024-06-03,1\n", "row 2: .* in the future"),
        ("SPX.csv", "date,close\n2024-01-02,\n", "no close of SPX"),
        ("SPX.csv", "date,close,volume\n2024-01-02,1,-5\n", "row 2: a volume of -5"),
        (
            "SPX.csv",
            "date,close\n2024-01-31,1\n2024-02-29,1\n2024-03-31,1\n2024-04-30,1\n",
            "days apart",
        ),
        ("SPX.xlsx", "", "it is empty"),
        ("SPX.pdf", "%PDF", r"prices are files of \.csv, .*: save it as one, or remove it"),
        ("mapping.yaml", "columns: {price: Adj}\n", "'price' is no column"),
        ("mapping.yaml", "symbols: {S&P: SPXX}\n", "did you mean 'SPX'"),
        ("mapping.yaml", "shares: []\n", "nothing else"),
        ("mapping.yaml", "ignore: SPY\n", "must read like"),
    ],
)
def test_a_bad_file_is_refused_with_file_row_and_remedy(imports, name, text, fault):
    with pytest.raises(SourceError, match=fault) as error:
        read(write(imports, name, text))
    assert name in str(error.value)


def test_an_instrument_in_two_files_is_refused(imports):
    write(imports, "SPX.csv", "date,close\n2024-01-02,1\n")
    with pytest.raises(SourceError, match=r"'SPX' stands in SPX.csv too"):
        read(write(imports, "^GSPC.csv", "date,close\n2024-01-02,1\n"))


@pytest.mark.parametrize(
    "head", ["date,close", "Date,Open,High,Low,Close,Adj Close,Volume"], ids=["plain", "Yahoo"]
)
def test_prices_among_the_series_are_sent_to_their_folder_where_they_are_read(tmp_path, head):
    row = "2024-01-02" + ",1.5" * head.count(",")
    path = tmp_path / "SPX.csv"
    path.write_text(f"{head}\n{row}\n")
    with pytest.raises(SourceError, match=r"; prices of an instrument lie in prices/$"):
        Imports(tmp_path, [])
    (tmp_path / "prices").mkdir()
    path.rename(tmp_path / "prices" / "SPX.csv")
    Imports(tmp_path, [])
    assert list(read(tmp_path)["close"]) == [1.5]


def test_other_files_that_belong_to_no_series_are_not(tmp_path):
    (tmp_path / "SPX.csv").write_text("date,value\n2024-01-02,1.5\n")
    with pytest.raises(SourceError, match=r"or move it away$"):
        Imports(tmp_path, [])


def test_series_among_the_prices_are_told_so_and_the_remedy_works(imports):
    text = "Wind,\n指标名称,标普500\n频率,日\n单位,点\n2024-01-02,4742.83\n"
    write(imports, "wind.csv", text)
    with pytest.raises(
        SourceError, match=r"series as Wind lays them out.*give date,close in a file"
    ):
        read(imports)
    (imports / "prices" / "wind.csv").unlink()
    assert list(read(write(imports, "SPX.csv", "date,close\n2024-01-02,4742.83\n"))["close"]) == [
        4742.83
    ]
