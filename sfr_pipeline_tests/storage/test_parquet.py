import errno
import tempfile
import threading
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfr_pipeline.errors import ContractError, NotMaterializedError, StorageError
from sfr_pipeline.report.parts import Excerpt
from sfr_pipeline.resources.warehouse import TABLE_BY_NAME, Warehouse
from sfr_pipeline.storage import parquet_file
from sfr_pipeline.storage.contract import Column, Table
from sfr_pipeline.storage.filesystem import STAGED
from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline_tests.storage.samples import SFRI, VINTAGES, sfri_frame, vintages_frame

EVERY_TYPE = Table(
    "every_type",
    "A column of each type, partitioned by month.",
    (
        Column("day", "date", "Part of the key."),
        Column("name", "string", "Part of the key."),
        Column("at", "timestamp", "An instant.", nullable=True),
        Column("text", "string", "A text.", nullable=True),
        Column("count", "int", "A count.", nullable=True),
        Column("number", "double", "A number.", nullable=True),
        Column("flag", "bool", "A flag.", nullable=True),
    ),
    key=("day", "name"),
    partition_column="day",
)


@pytest.fixture
def store(tmp_path):
    return ParquetStore(tmp_path)


def contents(store):
    files = (store.root / "parquet").rglob("*.parquet")
    return {file.relative_to(store.root).as_posix(): file.read_bytes() for file in files}


def temporaries(store):
    return list(store.root.rglob("*.tmp"))


def test_of_each_vintage_one_reads_its_own_month_or_of_the_newest_all_months(store):
    frame = vintages_frame("2020-01", "2020-02", "2020-03")
    contract = TABLE_BY_NAME["sfri_vintages"]
    rows = frame.assign(equal_weight=0.0, factor=0.0, n_indicators=1)
    store.write("us", contract, rows)
    wanted = [
        Excerpt("diagonal", "sfri_vintages", "own month"),
        Excerpt("newest", "sfri_vintages", "newest vintage"),
        Excerpt("news", "index_news", "own month"),
    ]
    warehouse = Warehouse(root=str(store.root))
    found = warehouse.excerpts("us", wanted)
    assert list(found) == ["diagonal", "newest"], "a table that was never written has no excerpt"
    for name, own in (
        ("diagonal", rows["as_of"] == rows["ref_date"]),
        ("newest", rows["as_of"] == pd.Timestamp("2020-03-31")),
    ):
        expected = rows.loc[own, found[name].columns].reset_index(drop=True)
        pd.testing.assert_frame_equal(found[name], expected, check_dtype=False)
    assert len(found["diagonal"]) == len(found["newest"]) == 3


def test_tables_that_may_be_missing_are_read_where_they_are(store):
    contract = TABLE_BY_NAME["sfri_vintages"]
    rows = vintages_frame("2020-01").assign(equal_weight=0.0, factor=0.0, n_indicators=1)
    store.write("us", contract, rows)
    warehouse = Warehouse(root=str(store.root))
    assert list(warehouse.read_all("us", (), ("sfri_vintages", "sfri"))) == ["sfri_vintages"]
    assert list(warehouse.read_all("us", ("sfri",), ("sfri_vintages", "sfri"))) == ["sfri_vintages"]
    with pytest.raises(NotMaterializedError):
        warehouse.read_all("us", ("sfri",), ("sfri_vintages",))


def test_a_table_is_one_file_or_one_file_a_month(store):
    whole = store.write("us", SFRI, sfri_frame())
    parts = store.write("us", VINTAGES, vintages_frame("2020-01", "2020-02"))
    folder = store.root / "parquet" / "us"
    assert whole.files == (folder / "sfri" / "data.parquet",)
    assert parts.files == (
        folder / "sfri_vintages" / "month=2020-01" / "part-0.parquet",
        folder / "sfri_vintages" / "month=2020-02" / "part-0.parquet",
    )
    assert (whole.rows, parts.rows) == (4, 6)
    assert parts.bytes == sum(file.stat().st_size for file in parts.files)
    assert temporaries(store) == []


rows = st.dictionaries(
    st.tuples(st.dates(pd.Timestamp("1900-01-01").date()), st.text(max_size=5)),
    st.tuples(
        st.none() | st.datetimes(pd.Timestamp("1900-01-01").to_pydatetime()),
        st.none() | st.text(max_size=5),
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.floats(allow_infinity=False),
        st.none() | st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=rows)
def test_what_is_written_is_read_back(rows):
    dtypes = {
        "day": "datetime64[us]",
        "name": "str",
        "at": "datetime64[us]",
        "text": "str",
        "count": "Int64",
        "number": "float64",
        "flag": "boolean",
    }
    records = [(*key, *values) for key, values in rows.items()]
    shuffled = pd.DataFrame(records, columns=list(dtypes), dtype=object)
    in_order = zip(*sorted(records, key=lambda row: row[:2]), strict=True)
    expected = pd.DataFrame(
        {
            name: pd.Series(pd.array(list(values), dtype=dtypes[name]))
            for name, values in zip(dtypes, in_order, strict=True)
        }
    )
    with tempfile.TemporaryDirectory() as root:
        store = ParquetStore(Path(root))
        store.write("us", EVERY_TYPE, shuffled)
        pd.testing.assert_frame_equal(store.read("us", EVERY_TYPE), expected)


def test_the_same_frame_twice_gives_the_same_files_byte_for_byte(store):
    store.write("us", VINTAGES, vintages_frame("2020-01", "2020-02"))
    before = contents(store)
    store.write("us", VINTAGES, vintages_frame("2020-02", "2020-01").sample(frac=1, random_state=1))
    assert contents(store) == before


def test_a_partitioned_write_touches_only_its_months(store):
    store.write("us", VINTAGES, vintages_frame("2020-01", "2020-02", "2020-03"))
    before = contents(store)
    store.write("us", VINTAGES, vintages_frame("2020-02", level=10))
    after = contents(store)
    changed = [name for name in before if before[name] != after[name]]
    assert after.keys() == before.keys()
    assert changed == ["parquet/us/sfri_vintages/month=2020-02/part-0.parquet"]


def test_a_month_named_but_without_rows_is_emptied(store):
    store.write("us", VINTAGES, vintages_frame("2020-01", "2020-02"))
    months = pd.period_range("2020-01", "2020-03", freq="M")
    store.write("us", VINTAGES, vintages_frame("2020-01"), months=months)
    assert store.read("us", VINTAGES, months=["2020-02", "2020-03"]).empty
    assert len(store.read("us", VINTAGES)) == 3
    assert store.months("us", VINTAGES) == ["2020-01", "2020-02", "2020-03"]


def test_rows_outside_the_months_named_are_refused(store):
    with pytest.raises(ContractError, match="outside the months being written: 2020-02"):
        store.write("us", VINTAGES, vintages_frame("2020-01", "2020-02"), months=["2020-01"])
    assert contents(store) == {}


def test_a_partitioned_frame_that_names_no_month_is_refused(store):
    with pytest.raises(ContractError, match="no month to write"):
        store.write("us", VINTAGES, vintages_frame("2020-01").iloc[:0])


def test_a_write_that_breaks_the_contract_leaves_the_previous_files_untouched(store):
    store.write("us", SFRI, sfri_frame())
    store.write("us", VINTAGES, vintages_frame("2020-01", "2020-02"))
    before = contents(store)
    with pytest.raises(ContractError):
        store.write("us", SFRI, sfri_frame(level=float("inf")))
    broken = vintages_frame("2020-01", "2020-02", level=10)
    broken.loc[5, "sfri"] = float("nan")
    with pytest.raises(ContractError):
        store.write("us", VINTAGES, broken)
    assert contents(store) == before
    assert temporaries(store) == []


def test_a_disk_that_fills_up_in_the_second_month_leaves_the_first_as_it_was(store, monkeypatch):
    store.write("us", VINTAGES, vintages_frame("2020-01", "2020-02"))
    before = contents(store)
    real = parquet_file.write

    def full_disk(path, stored):
        real(path, stored)
        if "month=2020-02" in str(path):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(parquet_file, "write", full_disk)
    with pytest.raises(StorageError, match=r"sfri_vintages: No space left.*free some space"):
        store.write("us", VINTAGES, vintages_frame("2020-01", "2020-02", level=10))
    assert contents(store) == before
    assert temporaries(store) == []


def test_a_range_of_months_and_a_choice_of_columns_is_read(store):
    store.write("us", VINTAGES, vintages_frame("2020-01", "2020-02", "2020-03"))
    months = pd.period_range("2020-02", "2020-03", freq="M")
    frame = store.read("us", VINTAGES, months=months, columns=["sfri", "as_of"])
    assert list(frame.columns) == ["sfri", "as_of"]
    assert frame["as_of"].dt.month.unique().tolist() == [2, 3]


def test_no_months_are_no_rows(store):
    store.write("us", VINTAGES, vintages_frame("2020-01"))
    frame = store.read("us", VINTAGES, months=[])
    assert frame.empty
    assert frame.dtypes.equals(store.read("us", VINTAGES).dtypes)


def test_a_table_never_written_is_named_with_the_remedy(store):
    assert not store.exists("us", SFRI)
    with pytest.raises(NotMaterializedError, match="materialize us/sfri first"):
        store.read("us", SFRI)


def test_a_month_never_written_is_named_with_the_remedy(store):
    store.write("us", VINTAGES, vintages_frame("2020-01"))
    assert store.exists("us", VINTAGES)
    with pytest.raises(NotMaterializedError, match="never written for 2020-02: materialize"):
        store.read("us", VINTAGES, months=["2020-01", "2020-02"])


def test_an_unknown_column_is_named(store):
    store.write("us", SFRI, sfri_frame())
    with pytest.raises(ContractError, match="table sfri has no column index"):
        store.read("us", SFRI, columns=["index"])


def test_a_file_written_under_another_contract_is_refused_with_the_remedy(store):
    store.write("us", SFRI, sfri_frame())
    newer = Table(
        SFRI.name,
        SFRI.description,
        (*SFRI.columns, Column("band_low", "double", "Lower end.", nullable=True)),
        key=SFRI.key,
    )
    with pytest.raises(ContractError, match=r"another contract.*band_low.*materialize"):
        store.read("us", newer)
    assert len(store.read("us", newer, columns=["sfri"])) == 4


def test_the_file_itself_carries_the_contract(store):
    (file,) = store.write("us", SFRI, sfri_frame()).files
    assert pq.read_schema(file).equals(SFRI.arrow_schema(), check_metadata=True)


@pytest.mark.parametrize("market", ["../us", "US", "us market", ""])
def test_a_market_that_could_not_be_a_folder_and_a_schema_is_refused(store, market):
    with pytest.raises(ValueError, match="lower_snake_case"):
        store.write(market, SFRI, sfri_frame())


@pytest.mark.parametrize("month", ["2020", "2020-1", "2020-13", "2020-01-31", "../x"])
def test_what_is_no_month_is_refused(store, month):
    with pytest.raises(ValueError, match="is no month"):
        store.write("us", VINTAGES, vintages_frame("2020-01"), months=[month])


def test_months_make_sense_only_for_a_partitioned_table(store):
    store.write("us", SFRI, sfri_frame())
    with pytest.raises(ValueError, match="not partitioned"):
        store.write("us", SFRI, sfri_frame(), months=["2020-01"])
    with pytest.raises(ValueError, match="not partitioned"):
        store.read("us", SFRI, months=["2020-01"])


def test_leftovers_of_a_killed_writer_are_swept_by_the_next_in_whatever_month(store):
    (file,) = store.write("us", VINTAGES, vintages_frame("2020-01")).files
    killed = file.parents[1] / STAGED / f".{file.parent.name}_part-0.parquet.a.tmp"
    killed.write_bytes(b"half a file")
    assert len(store.read("us", VINTAGES)) == 3
    store.write("us", VINTAGES, vintages_frame("2020-02"))
    assert temporaries(store) == []


def test_nobody_sweeps_what_a_living_writer_has_staged(store):
    store.write("us", VINTAGES, vintages_frame("2020-01"))
    at_work, go_on = threading.Event(), threading.Event()

    def slow():
        yield vintages_frame("2020-03")
        at_work.set()
        go_on.wait(10)

    first = threading.Thread(target=store.write_month, args=("us", VINTAGES, "2020-03", slow()))
    first.start()
    assert at_work.wait(10)
    second = threading.Thread(target=store.write, args=("us", VINTAGES, vintages_frame("2020-02")))
    second.start()
    second.join(0.2)
    assert second.is_alive()
    assert len(temporaries(store)) == 1
    go_on.set()
    first.join(10)
    second.join(10)
    assert store.months("us", VINTAGES) == ["2020-01", "2020-02", "2020-03"]


@pytest.mark.parametrize("content", [b"", b"PAR1 and then nothing", b"<html>404</html>"])
def test_a_file_that_cannot_be_read_is_named_with_the_remedy_and_the_next_write_repairs_it(
    store, content
):
    (file,) = store.write("us", SFRI, sfri_frame()).files
    file.write_bytes(content)
    for read in (store.read, store.count, store.require_readable):
        with pytest.raises(StorageError, match="materialize us/sfri again") as raised:
            read("us", SFRI)
        assert str(file) in str(raised.value)
    store.write("us", SFRI, sfri_frame())
    assert len(store.read("us", SFRI)) == 4
    store.require_readable("us", SFRI)


def test_a_file_whose_rows_alone_are_damaged_is_named_too(store):
    (file,) = store.write("us", SFRI, sfri_frame()).files
    whole = bytearray(file.read_bytes())
    whole[4:40] = bytes(36)
    file.write_bytes(whole)
    assert store.count("us", SFRI) == 4  # what the file says of itself stays
    for read in (store.read, store.require_readable):
        with pytest.raises(StorageError, match=r"sfri/data\.parquet can't be read"):
            read("us", SFRI)


def test_of_a_month_that_cannot_be_read_the_partition_is_named_and_others_are_read(store):
    store.write("us", VINTAGES, vintages_frame("2020-01", "2020-02"))
    (file,) = store.files("us", VINTAGES, ["2020-01"])
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StorageError, match="materialize us/sfri_vintages again, partition 2020-01"):
        store.read("us", VINTAGES)
    with pytest.raises(StorageError, match="partition 2020-01"):
        list(store.read_month("us", VINTAGES, "2020-01"))
    assert len(store.read("us", VINTAGES, ["2020-02"])) == 3
    store.write("us", VINTAGES, vintages_frame("2020-01"))
    assert len(store.read("us", VINTAGES)) == 6


def test_a_table_is_copied_into_another_store_byte_for_byte(store, tmp_path):
    store.write("us", VINTAGES, vintages_frame("2020-01", "2020-02"))
    copy = ParquetStore(tmp_path / "copy")
    before = contents(store)
    store.copy_to(copy, "us", VINTAGES)
    assert contents(copy) == before
    with pytest.raises(NotMaterializedError):
        store.copy_to(copy, "us", SFRI)
