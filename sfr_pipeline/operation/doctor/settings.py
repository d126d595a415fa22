"""The environment variables of this project: misspelt ones, and values that mean nothing."""

import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches

from sfr_pipeline.errors import SettingError
from sfr_pipeline.inputs.judging import ACCEPT
from sfr_pipeline.markets.market import END, Sample
from sfr_pipeline.operation.doctor.finding import Finding
from sfr_pipeline.settings import FILES_ONLY, PREFIX, flag, path, present_folder, text, unknown
from sfr_pipeline.training.profile import PROFILES
from sfr_pipeline.workspace import WAREHOUSE_VARIABLE, place_of

PROFILE, DEVICE = "SFR_PROFILE", "SFR_DEVICE"
PATHS = ("SFR_EXECUTOR_CONFIG", "SFR_CACHE", "SFR_ANSWERS", "SFR_RAW", "SFR_APPRISE_CONFIG")
FOLDERS = ("SFR_IMPORTS", "SFR_ALERTS")
DEVICES = re.compile(r"auto|cpu|cuda(:\d+)?")


def look_at_settings(
    environment: Mapping[str, str], targets: Collection[str] = ()
) -> Iterator[Finding]:
    """Whether the variables that begin as ours are ours, and say something.

    Args:
        environment: of this process.
        targets: further variables, which rules of alerts name.
    """
    ours = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    strange = unknown(targets, environment)
    found = [
        *(_unknown(name, ours[name], near) for name, near in strange.items()),
        *_wrong(ours),
    ]
    yield from found
    if not found:
        names = ", ".join(sorted(ours)) or "none is set"
        yield Finding("ok", f"environment variables of this project: {names}")


def _unknown(name: str, value: str, near: str | None) -> Finding:
    better = f"export {near}={shlex.quote(value)}; " if near else ""
    return Finding(
        "note",
        f"nothing reads {name}" + (f": {near} is meant?" if near else ""),
        f"{better}unset {name}",
    )


def _wrong(ours: Mapping[str, str]) -> Iterator[Finding]:
    profile = text(PROFILE, ours)
    if profile is not None and profile not in PROFILES:
        yield _no_value(PROFILE, profile, PROFILES)
    device = text(DEVICE, ours)
    if device is not None and not DEVICES.fullmatch(device):
        yield _no_value(DEVICE, device, ("auto", "cpu", "cuda", "cuda:1"))
    if warehouse := text(WAREHOUSE_VARIABLE, ours):
        try:
            place_of(warehouse, WAREHOUSE_VARIABLE)
        except SettingError as error:
            yield Finding(
                "broken", str(error), f"export {WAREHOUSE_VARIABLE}=s3://BUCKET/PREFIX, or a folder"
            )
    if text(END, ours):
        try:
            _ = Sample.model_construct(until="latest").end
        except SettingError as error:
            yield Finding("broken", str(error), f"unset {END}")
    for names, read in (((FILES_ONLY,), flag), (FOLDERS, present_folder), (PATHS, path)):
        for name in names:
            try:
                read(name, ours)
            except SettingError as error:
                yield Finding("broken", str(error), f"unset {name}")
    if text(ACCEPT, ours):
        yield Finding(
            "note",
            f"{ACCEPT} is set: whatever comes of {ours[ACCEPT]} is believed, at every refresh",
            f"unset {ACCEPT}",
        )


def _no_value(name: str, value: str, choice: Collection[str]) -> Finding:
    near = get_close_matches(value, list(choice), n=1, cutoff=0.7)
    remedy = f"export {name}={near[0]}" if near else f"unset {name}"
    return Finding("broken", f"{name}={value} is none of {', '.join(choice)}", remedy)


def device_wanted() -> str:
    """Device that the environment names, as for training."""
    return text(DEVICE) or "auto"
