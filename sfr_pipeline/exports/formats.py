"""The formats of an export. Light to import: helps name them."""

from typing import Literal, get_args

Format = Literal["csv", "xlsx", "parquet", "duckdb"]
FORMATS: tuple[Format, ...] = get_args(Format)
