"""Validation: whether a frame keeps the contract of its table.

One pass over the columns, the key and the rules, one sentence for each broken clause with a few of
the rows that break it. `conform` validates a frame before it is written, `violations` what was
stored; there is no second logic.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sfr_pipeline.errors import ContractError
from sfr_pipeline.storage.column_types import UNCASTABLE, Mask, cast, misfits, to_frame
from sfr_pipeline.storage.contract import Column, Table

EXAMPLES = 3


def conform(table: Table, frame: pd.DataFrame) -> pa.Table:
    """The frame as it is stored: typed without loss, in column order, sorted by key.

    Raises:
        ContractError: the frame breaks the contract; the message names every broken clause.
    """
    stored, broken = _validate(table, frame)
    if stored is None or broken:
        raise ContractError("\n  - ".join([f"table {table.name} breaks its contract:", *broken]))
    return stored


def violations(table: Table, frame: pd.DataFrame) -> list[str]:
    """The broken clauses, one sentence each; empty when the frame keeps the contract."""
    return _validate(table, frame)[1]


def _validate(table: Table, frame: pd.DataFrame) -> tuple[pa.Table | None, list[str]]:
    """The stored form (None when columns are unsound) and the broken clauses.

    Rules are judged only on sound columns, so that a rule never meets a frame it can't read.
    """
    broken = _wrong_names(table, frame)
    present = [column for column in table.columns if _count(frame, column.name) == 1]
    key = [column.name for column in present if column.name in table.key]
    arrays: dict[str, pa.Array] = {}
    for column in present:
        shown = frame[list(dict.fromkeys([*key, column.name]))]
        try:
            arrays[column.name] = cast(column.type, frame[column.name])
        except UNCASTABLE as error:
            text = f"column {column.name} does not fit {column.type} without loss ({error})"
            broken.append(_clause(text, shown, misfits(column.type, frame[column.name])))
            continue
        for text, mask in _wrong_values(column, arrays[column.name]):
            if mask.any():
                broken.append(_clause(f"column {column.name} {text}", shown, mask))
    if arrays.keys() >= set(table.key):
        repeated = _repeated(table.key, arrays)
        if repeated.any():
            text = f"key ({', '.join(table.key)}) names more than one row"
            broken.append(_clause(text, frame[list(table.key)], repeated))
    if broken:
        return None, broken
    stored = _assemble(table, arrays)
    return stored, list(_broken_rules(table, to_frame(stored)))


def _count(frame: pd.DataFrame, name: str) -> int:
    return sum(label == name for label in frame.columns)


def _wrong_names(table: Table, frame: pd.DataFrame) -> list[str]:
    broken = []
    defined = [column.name for column in table.columns]
    for name in defined:
        count = _count(frame, name)
        if count == 0:
            hint = " (it is in the index: reset_index())" if name in frame.index.names else ""
            broken.append(f"column {name} is missing{hint}")
        elif count > 1:
            broken.append(f"column {name} stands {count} times")
    unexpected = [str(label) for label in frame.columns if label not in defined]
    if unexpected:
        broken.append(f"unexpected columns: {', '.join(unexpected)}")
    return broken


def _wrong_values(column: Column, array: pa.Array) -> Iterator[tuple[str, Mask]]:
    if not column.nullable:
        yield "is missing where a value is required", _mask(pc.is_null(array))
    if column.type == "double":
        yield "is infinite", _mask(pc.is_inf(array))
    if column.allowed is not None:
        known = pc.is_in(array, value_set=pa.array(list(column.allowed), type=array.type))
        yield f"is not {column.domain}", _mask(pc.and_(pc.invert(known), pc.is_valid(array)))
    if column.minimum is not None:
        yield f"is below {column.minimum:g}", _mask(pc.less(array, column.minimum))
    if column.maximum is not None:
        yield f"is above {column.maximum:g}", _mask(pc.greater(array, column.maximum))


def _mask(condition: pa.Array) -> Mask:
    return np.asarray(pc.fill_null(condition, False).to_numpy(zero_copy_only=False), dtype=bool)


def _repeated(key: Sequence[str], arrays: dict[str, pa.Array]) -> Mask:
    columns = pd.DataFrame({name: arrays[name].to_pandas() for name in key})
    return columns.duplicated(keep=False).to_numpy()


def _assemble(table: Table, arrays: dict[str, pa.Array]) -> pa.Table:
    schema = table.arrow_schema()
    stored = pa.Table.from_arrays([arrays[name] for name in schema.names], schema=schema)
    return stored.sort_by([(name, "ascending") for name in table.key]).combine_chunks()


def _broken_rules(table: Table, frame: pd.DataFrame) -> Iterator[str]:
    for rule in table.rules:
        found = rule.violations(frame)
        if isinstance(found, pd.DataFrame):
            mask = np.ones(len(found), dtype=bool)
            shown = found
        else:
            mask = found.to_numpy(dtype=bool)
            shown = frame[list(table.key)]
        if mask.any():
            yield _clause(f"rule broken: {rule.description}", shown, mask)


def _clause(text: str, shown: pd.DataFrame, mask: Mask) -> str:
    """One broken clause: what, how many rows, and the first few of them."""
    rows = shown[mask]
    # A handful suffices: rows that share a key look alike and would crowd out the others.
    looks = dict.fromkeys(_look(row) for row in rows.head(10 * EXAMPLES).to_dict("records"))
    examples = "; ".join(list(looks)[:EXAMPLES])
    return f"{text}: {len(rows)} row{'s' * (len(rows) != 1)}, e.g. {examples}"


def _look(row: Mapping[Hashable, object]) -> str:
    return "(" + ", ".join(f"{name}={_shown(value)}" for name, value in row.items()) + ")"


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return str(value).removesuffix(" 00:00:00")
    return repr(value) if isinstance(value, str) else str(value)
