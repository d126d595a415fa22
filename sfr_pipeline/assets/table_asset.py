"""How an asset publishes tables: key, description, schema and checks come from the contract."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
import pandas as pd

from sfr_pipeline.errors import TooShortError
from sfr_pipeline.markets import Market
from sfr_pipeline.markets.market import END
from sfr_pipeline.resources.warehouse import TABLE_BY_NAME, Warehouse
from sfr_pipeline.settings import text
from sfr_pipeline.storage.contract import Table
from sfr_pipeline.storage.damage import Damage
from sfr_pipeline.storage.validation import violations

OWNERS = ["team:systemic-risk"]
# The command line runs a range of partitions only if every selected asset says so, the
# unpartitioned ones included.
SINGLE_RUN = dg.BackfillPolicy.single_run()
# A frame, and the metadata that it is shown with.
Made = tuple[pd.DataFrame, Mapping[str, Any]]


def table_asset(
    market: Market,
    table: Table,
    *,
    leg: str,
    kinds: set[str] | None = None,
    reads: Sequence[Table] = (),
    partitions_def: dg.PartitionsDefinition | None = None,
    deps: Sequence[dg.AssetKey] = (),
    pool: str | None = None,
    op_tags: Mapping[str, Any] | None = None,
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Decorate a function that returns the frame of a table.

    Its parameters that are names of tables become the inputs, from the same market. What only some
    markets have is named by ``reads``, and reaches the function as further keyword arguments.
    """

    def decorate(function: Callable[..., Any]) -> dg.AssetsDefinition:
        return dg.asset(
            key=[market.name, table.name],
            ins=table_inputs(market, function, reads),
            deps=deps,
            description=description_of(market, table),
            group_name=group_of(market, leg),
            kinds={"duckdb", "parquet"} | (kinds or set()),
            owners=OWNERS,
            tags=market_tags(market),
            metadata={"dagster/column_schema": column_schema(table)},
            partitions_def=partitions_def,
            backfill_policy=SINGLE_RUN,
            pool=pool,
            op_tags=op_tags,
        )(function)

    return decorate


def tables_asset(
    market: Market,
    tables: Sequence[Table],
    *,
    leg: str,
    kinds: set[str] | None = None,
    partitions_def: dg.PartitionsDefinition | None = None,
    deps: Sequence[dg.AssetKey] = (),
    pool: str | None = None,
    led: bool = False,
    can_subset: bool = True,
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Decorate a function that yields frames of several tables, as `table_asset` does for one.

    The step has the function's name. Where the first table leads, the others hang on it, so that
    selecting 'first+' takes them along. With ``can_subset`` a run may ask for some of them alone.
    """

    def decorate(function: Callable[..., Any]) -> dg.AssetsDefinition:
        ins = table_inputs(market, function)
        read = {dg.AssetKey([market.name, name]) for name in ins} | set(deps)
        first, *others = (table.name for table in tables)
        hanging = dict.fromkeys(others, read | {dg.AssetKey([market.name, first])})
        return dg.multi_asset(
            name=function.__name__,
            ins=ins,
            deps=deps,
            outs=table_outs(market, tables, kinds or set()),
            internal_asset_deps={first: read, **hanging} if led else None,
            can_subset=can_subset,
            group_name=group_of(market, leg),
            partitions_def=partitions_def,
            backfill_policy=SINGLE_RUN,
            pool=pool,
        )(function)

    return decorate


def month_partitions(market: Market) -> dg.TimeWindowPartitionsDefinition:
    """Months of the market's partitioned tables.

    Where the sample goes on, a month is there from the first day of the next, in a code location
    that has been loaded for years too. A sample whose end is fixed, by its catalogue or by the
    environment, has the months up to there and no others.
    """
    sample = market.sample
    bounded = not sample.goes_on or text(END)
    return dg.MonthlyPartitionsDefinition(
        start_date=market.first_partition(),
        # The first month that is none.
        end_date=str(pd.Period(sample.end, "M") + 1) if bounded else None,
        fmt="%Y-%m",
    )


def table_outs(market: Market, tables: Sequence[Table], kinds: set[str]) -> dict[str, dg.AssetOut]:
    """Outputs of a step that publishes several tables at once."""
    return {
        table.name: dg.AssetOut(
            key=[market.name, table.name],
            description=description_of(market, table),
            kinds={"duckdb", "parquet"} | kinds,
            owners=OWNERS,
            tags=market_tags(market),
            metadata={"dagster/column_schema": column_schema(table)},
            is_required=False,
        )
        for table in tables
    }


def selected_outputs(
    context: dg.AssetExecutionContext,
    frames: Mapping[str, pd.DataFrame],
    metadata: Mapping[str, Mapping[str, Any]],
) -> Iterator[dg.Output[pd.DataFrame]]:
    """Of the frames that a step computed at once, those that the run asked for, by table."""
    for name, frame in frames.items():
        if name in context.op_execution_context.selected_output_names:
            yield dg.Output(frame, output_name=name, metadata=metadata.get(name, {}))


def made_outputs(
    context: dg.OpExecutionContext, makers: Mapping[str, Callable[[], Made]]
) -> Iterator[dg.Output[pd.DataFrame]]:
    """Of the frames that a step can make, those that the run asked for, by name of the output.

    Each is stored as soon as it is made.
    """
    for name, make in makers.items():
        if name in context.selected_output_names:
            frame, metadata = make()
            yield dg.Output(frame, output_name=name, metadata=metadata)


def not_begun(
    context: dg.AssetExecutionContext, error: TooShortError, tables: Sequence[Table]
) -> dict[str, pd.DataFrame]:
    """Empty tables of a leg whose history is too short, by name; the log says why."""
    context.log.warning(str(error))
    return {table.name: table.empty() for table in tables}


def table_inputs(
    market: Market, function: Callable[..., Any], reads: Sequence[Table] = ()
) -> dict[str, dg.AssetIn]:
    """Inputs of a function: its parameters that are names of tables, and those it reads beside."""
    names = [name for name in inspect.signature(function).parameters if name in TABLE_BY_NAME]
    names += [table.name for table in reads]
    return {name: dg.AssetIn(key=[market.name, name]) for name in names}


def group_of(market: Market, leg: str) -> str:
    """Dagster's group of a leg: markets share one UI, so both names stand in it."""
    return f"{market.name}_{leg}"


def market_tags(market: Market) -> dict[str, str]:
    """Tags of every asset of a market; synthetic markets say so."""
    return {"market": market.name} | ({"synthetic": "true"} if market.synthetic else {})


def description_of(market: Market, table: Table) -> str:
    """What a table of a market is; synthetic markets say so."""
    return (table.as_synthetic() if market.synthetic else table).description


def column_schema(table: Table) -> dg.TableSchema:
    """Columns of a table as the Dagster UI shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                column.name,
                column.type,
                description=column.description + (f" [{column.unit}]" if column.unit else ""),
                constraints=dg.TableColumnConstraints(
                    nullable=column.nullable, unique=table.key == (column.name,)
                ),
            )
            for column in table.columns
        ]
    )


def months_written(run: dg.OpExecutionContext) -> list[str] | None:
    """The months that a run writes, which its checks judge; None where it names none: all."""
    if not (run.has_partition_key or run.has_partition_key_range):
        return None
    return sorted(run.partition_keys)


def damage_left(
    run: dg.OpExecutionContext, warehouse: Warehouse, market: Market, thorough: bool = False
) -> list[Damage]:
    """Files of a market that can't be read, and that a run does not write anew.

    Args:
        run: which.
        warehouse: where they lie.
        market: whose tables.
        thorough: whether every month is looked at, and not only the newest file of each table.
    """
    months = months_written(run)
    selected = {key.path[-1] for key in run.job_def.asset_layer.executable_asset_keys}
    return [
        found
        for found in warehouse.damage(market.name, thorough)
        if found.append_only
        or found.table not in selected
        or not (found.month is None or months is None or found.month in months)
    ]


def _is_last(run: dg.OpExecutionContext, table: dg.AssetKey) -> bool:
    """Whether nothing else in a run hangs on a table."""
    layer = run.job_def.asset_layer
    return layer.asset_graph.get(table).child_keys.isdisjoint(layer.executable_asset_keys)


def contract_check(market: Market, table: Table) -> dg.AssetChecksDefinition:
    """Check the stored table against its contract; a failure stops everything downstream.

    A run must not end well beside a file of its market that can't be read, even if nobody reads it;
    but neither must that stop what it has no part in. So the checks of those tables tell it on
    which nothing in the run hangs.
    """
    key = dg.AssetKey([market.name, table.name])

    @dg.asset_check(
        asset=key,
        name="contract",
        blocking=True,
        description="Columns, types, bounds, key and identities of the stored table.",
    )
    def contract(
        context: dg.AssetCheckExecutionContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> dg.AssetCheckResult:
        run = context.op_execution_context
        broken, rows = [], 0
        # As it was written: a partitioned table month by month, so that it may outgrow memory.
        months = months_written(run) if table.partition_column else None
        for frame in warehouse.stored(market.name, table.name, months):
            broken += violations(table, frame)
            rows += len(frame)
        for damage in damage_left(run, warehouse, market) if _is_last(run, key) else ():
            context.log.error(str(damage))
            broken.append(str(damage))
        return dg.AssetCheckResult(
            passed=not broken,
            description="\n".join(broken),
            metadata={"rows": rows, "violations": len(broken)},
        )

    return contract
