"""What time it is, for everything that asks: UTC, whatever the zone of the machine.

Belongs here: the present. Does not belong here: how long something takes (`time.monotonic`).
"""

import datetime as dt


def now() -> dt.datetime:
    """This moment in UTC, without a zone, as tables hold timestamps."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


def today() -> dt.date:
    """The day that it is in UTC."""
    return now().date()
