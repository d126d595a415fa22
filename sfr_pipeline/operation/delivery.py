"""Who is told: targets, whose addresses are secrets of the environment, and one message to one.

A rules file names environment variables. Each holds addresses as apprise writes them (mailto://,
json://, slack://, ...), separated by spaces; each of them is a target. The variable
SFR_APPRISE_CONFIG holds the path of a configuration file of apprise instead, which is one target.

Belongs here: from names to addresses. Does not belong here: apprise itself (`sending`), what is
told when (`desk`).
"""

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sfr_pipeline import settings
from sfr_pipeline.operation.messages import Message
from sfr_pipeline.operation.sending import Order

CONFIG = "SFR_APPRISE_CONFIG"
# That a target may take to answer.
SECONDS = 30


@dataclass(frozen=True)
class Target:
    """One address.

    Attributes:
        name: the variable that holds it, and its place there where there are several.
        address: a secret, shown nowhere.
    """

    name: str
    address: str = field(repr=False)


def targets_of(variables: Iterable[str]) -> list[Target]:
    """The targets that environment variables hold; those that are not set hold none."""
    targets = []
    for variable in variables:
        value = settings.text(variable) or ""
        file = settings.path(variable) if variable == CONFIG else None
        addresses = [str(file)] if file else value.split()
        for place, address in enumerate(addresses, start=1):
            targets.append(
                Target(variable if len(addresses) == 1 else f"{variable} {place}", address)
            )
    return targets


def deliver(target: Target, message: Message, seconds: int = SECONDS) -> str:
    """Send a message to a target.

    Args:
        target: who is told.
        message: what.
        seconds: after which it is given up.

    Returns:
        Why it was not taken, without the address; empty where it was.
    """
    is_file = target.name == CONFIG
    if is_file and not Path(target.address).is_file():
        return f"{CONFIG} names no file"
    order: Order = {
        "address": "" if is_file else target.address,
        "file": target.address if is_file else "",
        "title": message.title,
        "body": message.body,
        "kind": message.kind,
        "seconds": seconds,
    }
    command = [sys.executable, "-m", "sfr_pipeline.operation.sending"]
    try:
        done = subprocess.run(
            command,
            input=json.dumps(order),
            capture_output=True,
            text=True,
            timeout=seconds + 1,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        # What the process wrote may hold the address.
        late = isinstance(error, subprocess.TimeoutExpired) or getattr(error, "returncode", 0) < 0
        why = f"no answer within {seconds} s" if late else "sending failed"
        return f"{target.name}: {why}"
    why = json.loads(done.stdout.splitlines()[-1])
    return f"{target.name}: {why}" if why else ""
