"""How many fits a second a device makes, of a sample if time does not suffice for all."""

import math
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from benchmarks.gpu.bench import Bench
from benchmarks.gpu.works import Stack, in_turns
from benchmarks.timing import Findings, shown
from sfr_pipeline.engine import Engine, Local
from sfr_pipeline.training.profile import DEFAULT, FULL

SECONDS_BETWEEN_WORDS = 5.0
# Of the time for the default fits, what the processors of the machine get.
SHARE_OF_PROCESSORS = 0.4


@dataclass
class Made:
    """Fits that were made, by kind.

    Attributes:
        place: where, for readers.
        at_once: stacks that were worked on at a time.
        n_fits: by kind.
        seconds: that they took, each by itself.
        elapsed: seconds of all together.
    """

    place: str
    at_once: int
    n_fits: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    elapsed: float = 0.0

    def rate(self, kind: str) -> float:
        """Fits a second if all work were of this kind; NaN where none was made."""
        made = self.n_fits[kind]
        return self.at_once * made / self.seconds[kind] if made else math.nan

    def sentence(self, wanted: Counter[str]) -> str:
        """How many of all fits were made, and what all would take where they were not all made."""
        done, whole = self.n_fits.total(), wanted.total()
        told = f"{self.place}: {done:,} of {whole:,} fits in {self.elapsed:.0f} s"
        if done == whole:
            return f"{told}."
        seen = {kind: count for kind, count in wanted.items() if self.n_fits[kind]}
        seconds = sum(count / self.rate(kind) for kind, count in seen.items())
        unseen = "; ".join(sorted(wanted.keys() - seen))
        which = f"those of the kinds made (none of {unseen})" if unseen else "all of them"
        return (
            f"{told}, when time was over: a sample drawn by seed, every kind in turn. Extrapolated "
            f"kind by kind, {which} take {seconds:,.0f} s."
        )


def default_fits(bench: Bench, seconds: float) -> Findings:
    """Fits of the default profile, on the device and on the machine's processors.

    Args:
        bench: the run.
        seconds: that it may take.
    """
    stacks = bench.works.stacks(DEFAULT.name)
    ours = made_on(bench, stacks, bench.device, (1 - SHARE_OF_PROCESSORS) * seconds)
    cpu = made_on(bench, stacks, "cpu", SHARE_OF_PROCESSORS * seconds)
    return _findings(bench, f"Fits of profile {DEFAULT.name}", stacks, ours, cpu)


def full_fits(bench: Bench, seconds: float) -> Findings:
    """Fits of the full profile, on the device alone.

    Args:
        bench: the run.
        seconds: that it may take.
    """
    stacks = bench.works.stacks(FULL.name)
    ours = made_on(bench, stacks, bench.device, seconds)
    return _findings(
        bench, f"Fits of profile {FULL.name}", stacks, ours, notes=bench.works.left_out
    )


def reference(bench: Bench, seconds: float) -> Findings:
    """Fits of the default profile on the machine's processors alone.

    Args:
        bench: the run.
        seconds: that it may take.
    """
    stacks = bench.works.stacks(DEFAULT.name)
    made = made_on(bench, stacks, "cpu", seconds)
    return _findings(bench, f"Fits of profile {DEFAULT.name}, processors alone", stacks, made)


def made_on(bench: Bench, stacks: Sequence[Stack], device: str, seconds: float) -> Made:
    """Make fits, every kind in turn, until all are made or time is over.

    A fit that has begun is finished where one is made at a time; workers are ended over theirs.

    Args:
        bench: the run.
        stacks: what to make.
        device: as torch names it. On a CPU all processors share the stacks.
        seconds: that it may take.
    """
    engine: Engine = Local(1 if device != "cpu" or bench.tiny else None)
    where = device if device != "cpu" else f"processors, {engine.at_once} at a time"
    made, ordered = Made(where, engine.at_once), in_turns(stacks)
    begun = said = time.monotonic()
    bench.say(f"{sum(stack.n_fits for stack in stacks):,} fits on {where}, for {seconds:.0f} s")
    for place, taken in engine.completed(partial(_timed, device=device), ordered, _name):
        stack, now = ordered[place], time.monotonic()
        made.n_fits[stack.kind] += stack.n_fits
        made.seconds[stack.kind] += taken
        if now - said >= SECONDS_BETWEEN_WORDS:
            said = now
            bench.say(f"{made.n_fits.total():,} fits made, the last of {stack.kind}")
        if now - begun >= seconds:
            break
    made.elapsed = time.monotonic() - begun
    return made


def _timed(stack: Stack, device: str) -> float:
    """Seconds that the fits of a stack take, without laying out what they learn from.

    On a CPU those of the processor, which a busy machine does not lengthen: a fit has one thread.
    """
    from sfr_pipeline.training.fitting import fit_seeds

    clock = time.process_time if device == "cpu" else time.perf_counter
    tasks = stack.make()
    start = clock()
    fit_seeds(tasks, device)
    return clock() - start


def _name(stack: Stack) -> str:
    return f"a fit of {stack.kind}"


def _findings(
    bench: Bench,
    title: str,
    stacks: Sequence[Stack],
    made: Made,
    beside: Made | None = None,
    notes: Sequence[str] = (),
) -> Findings:
    wanted: Counter[str] = Counter()
    for stack in stacks:
        wanted[stack.kind] += stack.n_fits
    rows = []
    for kind, count in sorted(wanted.items()):
        own = made.rate(kind)
        row = [kind, f"{count:,}", f"{made.n_fits[kind]:,}", _seconds(1 / own), _figure(own)]
        if beside is not None:
            row += [_figure(beside.rate(kind)), _figure(own / beside.rate(kind))]
        rows.append(tuple(row))
    told = [made.sentence(wanted), *([beside.sentence(wanted)] if beside is not None else [])]
    return Findings(
        f"{title}, market {bench.works.market}",
        (
            "kind",
            "fits in all",
            "made",
            "a fit",
            "fits/s",
            *(("fits/s, processors", "times as fast") if beside is not None else ()),
        ),
        tuple(rows),
        " ".join([*told, *notes]),
    )


def _seconds(found: float) -> str:
    return "-" if math.isnan(found) else shown(found)


def _figure(found: float) -> str:
    return "-" if math.isnan(found) else f"{found:.3g}"
