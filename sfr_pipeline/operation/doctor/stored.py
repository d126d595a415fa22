"""The warehouse: what is damaged, out of date, left behind, or from another time."""

import datetime as dt
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence

from sfr_pipeline.errors import StorageError
from sfr_pipeline.operation import archive
from sfr_pipeline.operation.doctor.finding import Finding
from sfr_pipeline.operation.tidy import Leftover, tidy
from sfr_pipeline.storage.contract import NAME
from sfr_pipeline.storage.parquet import ADDED_AT, ParquetStore
from sfr_pipeline.storage.places import WAREHOUSE, files_at
from sfr_pipeline.storage.publish import is_moved, is_touched, published_tables
from sfr_pipeline.storage.stored_tables import damage, stored_tables
from sfr_pipeline.storage.table_files import ADDED_FILES, TABLES_BELOW, newest_file
from sfr_pipeline.storage.tables import PUBLICATIONS
from sfr_pipeline.workspace import Place, Url

PUBLISH = "sfr publish"
# Clocks of two machines differ by less.
CLOCKS_DIFFER = dt.timedelta(minutes=5)
PROBE = ".doctor.tmp"
STORE_SETTINGS = "export AWS_ENDPOINT_URL=URL AWS_ACCESS_KEY_ID=NAME AWS_SECRET_ACCESS_KEY=KEY"


def measured_markets(root: Place) -> list[str]:
    """Names of the markets that have tables in a warehouse."""
    files = files_at(root.resolve())
    return [name for name in files.names(TABLES_BELOW) if NAME.fullmatch(name)]


def look_at_store(root: Url) -> Iterator[Finding]:
    """Whether an object store answers, and these credentials may write to it.

    Args:
        root: where the warehouse lies.
    """
    files = files_at(root)
    try:
        with files.replacing(PROBE) as probe:
            probe.write_bytes(b"")
        files.remove(PROBE)
    except StorageError as error:
        yield Finding("broken", str(error), STORE_SETTINGS)
    else:
        yield Finding("ok", f"{root} can be written to; locks are objects there")


def look_at_tables(
    root: Place, markets: Sequence[str], wanted: str | None = None, own: Sequence[str] = ()
) -> Iterator[Finding]:
    """Whether every file of every table can be read.

    Args:
        root: where the warehouse lies.
        markets: whose tables.
        wanted: the only market that is looked at, where there is one.
        own: names of the markets of the workspace.
    """
    found = [one for market in markets for one in damage(root, market, thorough=True)]
    for one in found:
        remedy = "sfr archive restore BACKUP" if one.append_only else f"sfr run {one.market}"
        if one.append_only:
            remedy = f"mv {shlex.quote(str(one.file))} {shlex.quote(f'{one.file}.bad')} && {remedy}"
        yield Finding("broken", f"{one.file} can't be read ({one.error})", remedy)
    if markets and not found:
        yield Finding("ok", f"the tables of {', '.join(markets)} can be read")
    if not markets:
        whose = f"no tables of {wanted}" if wanted else "no tables"
        first = wanted or next(iter(own), "us")
        yield Finding("note", f"{root} holds {whose} yet", f"sfr run {first}")


def look_at_views(root: Place) -> Iterator[Finding]:
    """Whether the file that analysts open shows the tables that there are.

    Args:
        root: where the warehouse lies.
    """
    files = files_at(root.resolve())
    stored, _ = stored_tables(files, {})
    if not stored:
        return
    path = root / WAREHOUSE
    shown = published_tables(root)
    if shown is None:
        what = "can't be opened" if files.exists(WAREHOUSE) else "is missing"
        yield Finding("broken", f"{path} {what}, though there are tables", PUBLISH)
        return
    lacking = sorted({f"{one.market}.{one.name}" for one in stored} - shown)
    if is_moved(root):
        yield Finding("broken", f"{path} shows another folder: the warehouse was moved", PUBLISH)
    elif lacking:
        yield Finding("broken", f"{path} is older than its tables: no {_few(lacking)}", PUBLISH)
    elif is_touched(root):
        yield Finding("note", f"{path} was opened for writing: nobody should", PUBLISH)
    else:
        yield Finding("ok", f"{path} shows all {len(stored)} tables")


def look_at_release(root: Place, markets: Sequence[str], version: str) -> Iterator[Finding]:
    """Whether a newer release than this one wrote into the warehouse.

    Args:
        root: where the warehouse lies.
        markets: whose tables.
        version: of this release.
    """
    from packaging.version import Version

    store, newer = ParquetStore(root.resolve()), dict[str, str]()
    for market in markets:
        try:
            if not store.exists(market, PUBLICATIONS):
                continue
            written = store.read(market, PUBLICATIONS)["code_version"]
        except StorageError:  # which the check of tables tells
            continue
        newest = max(written, key=Version, default=version)
        if Version(newest) > Version(version):
            newer[market] = newest
    for market, newest in newer.items():
        yield Finding(
            "broken",
            f"release {newest} wrote tables of {market}, and this is {version}, which may not "
            "know them",
            f"{shlex.quote(sys.executable)} -m pip install WHEEL, one of release {newest} or newer",
        )
    if markets and not newer:
        yield Finding("ok", f"no release newer than this one ({version}) wrote here")


def look_at_archive(root: Place) -> Iterator[Finding]:
    """Whether what nothing can make again is as it was written.

    Args:
        root: where the warehouse lies.
    """
    try:
        kept = archive.verify(root)
    except StorageError as error:
        *faults, remedy = str(error).splitlines()
        for fault in faults:
            yield Finding("broken", fault, remedy)
        return
    if kept:
        yield Finding(
            "ok", f"{sum(one.files for one in kept)} files of the archive keep their hash"
        )


def look_at_leftovers(
    root: Place, find: Callable[[Place, bool], Sequence[Leftover]] = tidy
) -> Iterator[Finding]:
    """Whether killed writers left something behind.

    Args:
        root: where the warehouse lies.
        find: finds what was left, and removes nothing where it is told so.
    """
    found = find(root, True)
    if found:
        size = sum(one.size for one in found) / 1e6
        why = ", ".join(dict.fromkeys(one.why for one in found))
        yield Finding("note", f"{len(found)} files, {size:.1f} MB, nobody needs: {why}", "sfr tidy")
    else:
        yield Finding("ok", "nothing was left behind")


def look_at_clock(root: Place, now: dt.datetime) -> Iterator[Finding]:
    """Whether the clock of this machine stands before what was archived.

    Args:
        root: where the warehouse lies.
        now: this moment, in UTC without a zone.
    """
    newest = newest_addition(root)
    if newest is not None and now + CLOCKS_DIFFER < newest:
        yield Finding(
            "broken",
            f"this machine's clock says {now:%Y-%m-%d %H:%M} UTC, and the archive was added to at "
            f"{newest:%Y-%m-%d %H:%M}: one of the two is wrong, and months would be missing",
            "sudo timedatectl set-ntp true",
        )
    else:
        yield Finding("ok", f"this machine's clock says {now:%Y-%m-%d %H:%M} UTC")


def newest_addition(root: Place) -> dt.datetime | None:
    """When the archive was added to last, in UTC; None where it has no file."""
    files, moments = files_at(root.resolve()), []
    for market in measured_markets(root):
        for table in archive.ADDED_TO:
            name = newest_file(files, f"{TABLES_BELOW}/{market}/{table}", ADDED_FILES)
            if name is not None:
                moment = name.rpartition("/")[2].partition("_")[0]
                moments.append(dt.datetime.strptime(moment, ADDED_AT))
    return max(moments, default=None)


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
