"""What users bring: markets, extensions, files, rules of alerts, the model that reads posts."""

import shlex
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

from sfr_pipeline.errors import AlertError, CatalogueError, ExtensionError, SourceError
from sfr_pipeline.evaluation.models.own import own_models
from sfr_pipeline.inputs.files import check_new_files
from sfr_pipeline.markets import Market, load_market
from sfr_pipeline.operation.delivery import CONFIG, targets_of
from sfr_pipeline.operation.doctor.finding import Finding
from sfr_pipeline.operation.rules_file import load_rules
from sfr_pipeline.opinion.checkpoint import fetching, is_here
from sfr_pipeline.sources import own_sources


def look_at_markets(names: Sequence[str], own: Collection[str]) -> Iterator[Finding]:
    """Whether the catalogues can be read.

    Args:
        names: of the markets.
        own: names of those of the workspace.
    """
    read = []
    for name in names:
        try:
            load_market(name)
            read.append(name)
        except (CatalogueError, ExtensionError) as error:
            yield Finding("broken", str(error), "mend what is named there")
    if read:
        yours = ", ".join(name for name in read if name in own) or "none"
        yield Finding("ok", f"{', '.join(read)} can be read; of this workspace: {yours}")


def look_at_extensions(
    models: Callable[[], Sequence[object]] = own_models,
    sources: Callable[[], Collection[str]] = own_sources,
) -> Iterator[Finding]:
    """Whether the models and sources that are not ours can be used, and which there are.

    Args:
        models: finds the models.
        sources: finds the sources, by their names.
    """
    told: list[str] = []
    refused: list[str] = []
    for kind, find in (("models", models), ("sources", sources)):
        try:
            found = find()
        except ExtensionError as error:
            refused.append(str(error))
            continue
        names = [str(getattr(one, "id", one)) for one in found]
        told.append(f"{kind}: {', '.join(names) or 'none'}")
    # One module may have both, and is refused twice.
    for message in dict.fromkeys(refused):
        yield Finding("broken", message, "mend what is named there, or move the file away")
    if told:
        yield Finding("ok", f"of your own, {'; '.join(told)}")


def look_at_files(markets: Sequence[Market]) -> Iterator[Finding]:
    """Whether the files of users can be read.

    Args:
        markets: whose files.
    """
    sound = []
    for market in markets:
        if market.files is None:
            continue
        try:
            check_new_files(market, (), ())
            sound.append(market.files)
        except SourceError as error:
            yield Finding("broken", str(error), "mend the file that is named, or move it away")
    if sound:
        yield Finding("ok", f"nothing in {', '.join(sound)} is refused")


def look_at_alerts(markets: Sequence[Market]) -> Iterator[Finding]:
    """Whether the rules can be read, and somebody is told.

    Args:
        markets: whose rules.
    """
    told: list[str] = []
    for market in markets:
        try:
            variables = load_rules(market).variables()
        except ExtensionError:  # which the check of extensions tells
            continue
        except (AlertError, CatalogueError) as error:
            yield Finding("broken", str(error), "mend what is named there")
            continue
        unset = [name for name in variables if not targets_of([name])]
        if unset:
            yield Finding(
                "note",
                f"alerts of {market.name} are kept and sent to nobody: {', '.join(unset)} not set",
                "; ".join(f"export {name}=ADDRESS" for name in unset),
            )
        elif variables:
            told.append(market.name)
        for target in targets_of([name for name in variables if name == CONFIG]):
            if not Path(target.address).is_file():
                yield Finding("broken", f"{CONFIG} names no file", f"export {CONFIG}=FILE")
    if told:
        tries = f"'sfr alerts {told[0]} --test' tries them"
        yield Finding("ok", f"alerts of {', '.join(told)} have addresses; {tries}")


def target_variables(markets: Sequence[Market]) -> set[str]:
    """Environment variables that hold addresses; none where the rules can't be read."""
    names: set[str] = set()
    for market in markets:
        try:
            names.update(load_rules(market).variables())
        except (AlertError, CatalogueError, ExtensionError):  # told by other checks
            continue
    return names


def look_at_sentiment(markets: Sequence[Market], workspace: Path) -> Iterator[Finding]:
    """Whether the models that read posts are on this machine; nothing is downloaded.

    Args:
        markets: whose models.
        workspace: to which folders are relative.
    """
    for market in markets:
        model = market.sentiment
        if model is None:
            continue
        try:
            here = is_here(model, workspace)
        except SourceError as error:
            remedy = fetching(model) if model.revision else "mend 'sentiment' of the market"
            yield Finding("broken", f"{market.name}: {error}", remedy)
            continue
        if here:
            yield Finding("ok", f"{model.checkpoint}, which reads posts of {market.name}, is here")
        else:
            yield Finding(
                "note",
                f"{model.checkpoint}, which reads posts of {market.name}, is not on this machine: "
                "the first run with posts downloads it",
                f"cd {shlex.quote(str(workspace))} && {fetching(model)}",
            )
