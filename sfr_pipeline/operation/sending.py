"""One message to one target, in a process of its own: ``python -m sfr_pipeline.operation.sending``.

The order comes as JSON on the standard input, so that no address stands in a list of processes;
the answer is JSON on the standard output. A server that never answers, or answers without end, is
left when the time is over, for the process ends then. What apprise logs holds addresses, so none
of it leaves this process but warnings without any part of them.

Belongs here: apprise. Does not belong here: what is told, and to whom (`delivery`).
"""

import json
import logging
import re
import signal
import sys
from typing import TypedDict

UNKNOWN = "it is no address that apprise knows: https://github.com/caronc/apprise/wiki lists them"


class Order(TypedDict):
    """What is to be sent.

    Attributes:
        address: as apprise writes it.
        file: a configuration file of apprise in its place; else empty.
        seconds: after which this process ends.
    """

    address: str
    file: str
    title: str
    body: str
    kind: str
    seconds: int


class _Warnings(logging.Handler):
    """Keeps what apprise complains of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        self.texts.append(record.getMessage())


def send(order: Order) -> str:
    """Send a message; returns why it was not taken, empty where it was."""
    import apprise

    # The process is there for this message alone, so nothing is put back.
    warnings, log = _Warnings(), logging.getLogger("apprise")
    log.addHandler(warnings)
    log.propagate = False
    targets = apprise.Apprise()
    if order["file"]:
        settings = apprise.AppriseConfig()
        settings.add(order["file"])
        targets.add(settings)
    else:
        targets.add(order["address"])
    if not len(targets):
        return UNKNOWN
    taken = targets.notify(
        body=order["body"],
        title=order["title"],
        notify_type=apprise.NotifyType(order["kind"]),
        body_format=apprise.NotifyFormat.TEXT,
    )
    if taken:
        return ""
    services = ", ".join(sorted({str(target.service_name) for target in targets}))
    secrets = [order["address"]] if order["address"] else [target.url() for target in targets]
    told = "; ".join(dict.fromkeys(without(secrets, text) for text in warnings.texts))
    return f"{services} did not take it" + (f" ({told})" if told else "")


def without(secrets: list[str], text: str) -> str:
    """A text without any part of some addresses."""
    behind = [secret.partition("://")[2] for secret in secrets]
    parts = {part for secret in behind for part in re.split(r"[\W_]+", secret) if len(part) > 3}
    for part in sorted({*secrets, *parts}, key=len, reverse=True):
        text = re.sub(re.escape(part), "***", text, flags=re.I) if part else text
    return text


def main() -> None:
    """Do one order."""
    order: Order = json.load(sys.stdin)
    signal.alarm(order["seconds"])
    print(json.dumps(send(order)))


if __name__ == "__main__":
    main()
