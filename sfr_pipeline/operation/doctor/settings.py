"""The environment variables of this project: misspelt ones, and values that mean nothing."""

import os
import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches

from sfr_pipeline.errors import SettingError
from sfr_pipeline.inputs.judging import ACCEPT
from sfr_pipeline.markets.market import END, Sample
from sfr_pipeline.markets.opinion import CONTACT
from sfr_pipeline.operation.delivery import CONFIG
from sfr_pipeline.operation.doctor.finding import Finding
from sfr_pipeline.operation.rules_file import ALERTS_FOLDER
from sfr_pipeline.training.profile import PROFILES
from sfr_pipeline.workspace import ENVIRONMENT, WAREHOUSE_VARIABLE, place_of

PREFIX = "SFR_"
PROFILE, DEVICE, FILES_ONLY = "SFR_PROFILE", "SFR_DEVICE", "SFR_FILES_ONLY"
# Every variable of this project; a test holds that the code reads no other.
VARIABLES = (
    ENVIRONMENT, WAREHOUSE_VARIABLE, "SFR_IMPORTS", PROFILE, DEVICE, END, FILES_ONLY, ACCEPT,
    "SFR_ENGINE", "SFR_EXECUTOR", "SFR_EXECUTOR_CONFIG", "SFR_CACHE", "SFR_ANSWERS", "SFR_RAW",
    CONTACT, ALERTS_FOLDER, CONFIG,
)  # fmt: skip
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
    known = {*VARIABLES, *targets}
    found = [
        *(_unknown(name, value, known) for name, value in ours.items() if name not in known),
        *_wrong(ours),
    ]
    yield from found
    if not found:
        names = ", ".join(sorted(ours)) or "none is set"
        yield Finding("ok", f"environment variables of this project: {names}")


def _unknown(name: str, value: str, known: Collection[str]) -> Finding:
    near = get_close_matches(name, sorted(known), n=1)
    better = f"export {near[0]}={shlex.quote(value)}; " if near else ""
    return Finding(
        "note",
        f"nothing reads {name}" + (f": {near[0]} is meant?" if near else ""),
        f"{better}unset {name}",
    )


def _wrong(ours: Mapping[str, str]) -> Iterator[Finding]:
    profile = ours.get(PROFILE)
    if profile is not None and profile not in PROFILES:
        yield _no_value(PROFILE, profile, PROFILES)
    device = ours.get(DEVICE)
    if device is not None and not DEVICES.fullmatch(device):
        yield _no_value(DEVICE, device, ("auto", "cpu", "cuda", "cuda:1"))
    if ours.get(WAREHOUSE_VARIABLE):
        try:
            place_of(ours[WAREHOUSE_VARIABLE], WAREHOUSE_VARIABLE)
        except SettingError as error:
            yield Finding(
                "broken", str(error), f"export {WAREHOUSE_VARIABLE}=s3://BUCKET/PREFIX, or a folder"
            )
    if ours.get(END):
        try:
            _ = Sample.model_construct(until="latest").end
        except SettingError as error:
            yield Finding("broken", str(error), f"unset {END}")
    only = ours.get(FILES_ONLY, "")
    if only not in ("", "0", "1"):
        yield Finding(
            "note",
            f"{FILES_ONLY}={only} counts as yes: no live source is asked",
            f"export {FILES_ONLY}=1, or unset {FILES_ONLY}",
        )
    if ours.get(ACCEPT):
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
    return os.environ.get(DEVICE) or "auto"
