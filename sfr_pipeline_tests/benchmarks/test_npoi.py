"""The posts of the benchmark are posts as the store has them."""

import pandas as pd
import pytest

from benchmarks.npoi import generate
from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline.storage.tables.opinion import POSTS, SENTIMENT
from sfr_pipeline.storage.validation import violations


@pytest.mark.parametrize("table", [POSTS, SENTIMENT])
def test_generated_tables_keep_their_contracts(tmp_path, table):
    generate(tmp_path / "parquet" / "market", n_posts=60, n_months=3)
    frame = ParquetStore(tmp_path).read("market", table)
    assert violations(table, frame) == []
    months = frame["published_at"].dt.to_period("M").value_counts()
    assert months.to_dict() == {pd.Period(f"2011-0{n}", "M"): 20 for n in (1, 2, 3)}
