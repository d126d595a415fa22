"""Where tables are defined, checked, written and published.

Belongs here: the contract of a table and everything that derives from it (Parquet schema, checks,
DuckDB comments, the data dictionary), the Parquet store of record, the published DuckDB file.
Does not belong here: how a table's numbers come about, and anything that knows Dagster.

- `contract`: what a table is.
- `column_types`: the types a column may have, in Arrow and in pandas.
- `validation`: whether a frame is such a table, and if not, why.
- `tables`: the tables themselves.
- `filesystem`: what happens to files, in a `folder` or in an `object_store`.
- `places`: which of the two, and `open_warehouse` for whoever asks questions.
- `parquet`: the store of record.
- `publish`: `warehouse.duckdb` for analysts, and self-contained exports.
- `dictionary`: the data dictionary page.
"""
