"""Where Dagster's history lies: beside its settings, or in a Postgres that several hosts share.

Belongs here: which of the two it is, and whether the database can be reached, in a sentence that
says what to do. Does not belong here: what stands in the history (`history`, `instance_health`).
"""

import os
from contextlib import closing
from pathlib import Path
from typing import Any

from sfr_pipeline.errors import SettingError, StorageError
from sfr_pipeline.operation.doctor.folders import INSTANCE
from sfr_pipeline.yaml_text import NotYamlError, load_values

HISTORY = "history"
# Names the database. As it may hold a password, it is none of the variables that are handed on to
# steps on other machines, which are those that begin with SFR_.
URL = "DAGSTER_POSTGRES_URL"
# The driver that Dagster brings; a bare "postgresql" is another's since SQLAlchemy 2.1.
SCHEME = "postgresql+psycopg2"
# Names of it, as servers have them.
UTC = ("UTC", "UCT", "GMT", "GREENWICH", "UNIVERSAL", "ZULU")
# Seconds after which a database that says nothing counts as out of reach.
PATIENCE = 4


def lies_elsewhere(home: Path) -> bool:
    """Whether the settings of a home say that its history lies elsewhere.

    Args:
        home: of Dagster.
    """
    return bool(_storage(home))


def may_have_history(home: Path) -> bool:
    """Whether something may have been noted there; asks without making a history.

    Args:
        home: of Dagster.
    """
    return (home / HISTORY).is_dir() or lies_elsewhere(home)


def require_database(home: Path) -> None:
    """Refuse a home whose database can't be reached; one without a database is fine.

    Args:
        home: of Dagster.

    Raises:
        SettingError: the variable that names it is not set, or names another driver; the extra is
            not installed; or the database keeps another time than UTC.
        StorageError: it does not answer.
    """
    settings = _storage(home).get("postgres")
    if settings is None:
        return
    file = home / INSTANCE
    try:
        import psycopg2
    except ImportError as error:
        raise SettingError(
            f"{file} keeps Dagster's history in Postgres, and the package for it is not here "
            f"({error}): pip install 'sfr_pipeline[postgres]'"
        ) from error
    url = _address(settings.get("postgres_url"), file)
    if url is None:
        return
    try:
        connection = psycopg2.connect(url, connect_timeout=PATIENCE)
        with closing(connection), connection.cursor() as cursor:
            cursor.execute("SELECT current_database(), current_setting('TimeZone')")
            name, zone = cursor.fetchone()
    except psycopg2.Error as error:
        said = " ".join(str(error).split())
        raise StorageError(
            f"the database of Dagster's history, of {file}, does not answer ({said}): start it, or "
            "mend its address"
        ) from error
    if zone.upper().removeprefix("ETC/") not in UTC:
        raise SettingError(
            f"the database of Dagster's history keeps the time of {zone}, which Dagster takes for "
            f"UTC: runs would count as begun hours ago, or hence. Ask it once to "
            f"ALTER DATABASE {name} SET timezone TO 'UTC'"
        )


def _address(given: Any, file: Path) -> str | None:
    """The database, as its driver takes it; None where it is written in a way of Dagster's own."""
    ours = given == {"env": URL}
    url = os.environ.get(URL, "") if ours else given
    if ours and not url:
        raise SettingError(
            f"{file} keeps Dagster's history in the database that {URL} names, and it is not set: "
            f"export {URL}={SCHEME}://USER:PASSWORD@HOST:5432/DATABASE"
        )
    if not isinstance(url, str):
        return None
    scheme, _, rest = url.partition("://")
    if scheme != SCHEME:
        raise SettingError(
            f"{URL if ours else file} begins an address with {scheme}://, by which another driver "
            f"is meant than that of Dagster: write {SCHEME}:// there"
        )
    return f"postgresql://{rest}"


def _storage(home: Path) -> dict[str, Any]:
    try:
        settings = load_values((home / INSTANCE).read_text(encoding="utf-8"))
    except (OSError, NotYamlError):  # which the check of the file tells
        return {}
    storage = settings.get("storage") if isinstance(settings, dict) else None
    return storage if isinstance(storage, dict) else {}
