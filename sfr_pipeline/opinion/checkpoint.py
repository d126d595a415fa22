"""Where a sentiment model's files lie on this machine, and which weights they hold.

Belongs here: finding the folder, or saying exactly how to get it. Does not belong here: reading
the model (`scorer`).

Only safetensors are accepted: a pickled checkpoint can run code of its author when it is opened.
"""

import hashlib
import json
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sfr_pipeline import sandbox
from sfr_pipeline.errors import SourceError
from sfr_pipeline.markets.sentiments import Label

if TYPE_CHECKING:
    from sfr_pipeline.markets.opinion import SentimentModel

MODELS = "models"
# The word for the checkpoint that this package ships for its synthetic forum, and its folder.
SANDBOX = "sandbox"
SHIPPED = Path(sandbox.__file__).parent / "checkpoint"
# What decides how a text becomes tokens and what an output means; sentencepiece calls its
# vocabulary *.model, byte pair encoding has merges.txt.
TOKENIZER = ("tokenizer*", "vocab*", "merges.txt", "*.model")
READING = ("config.json", "added_tokens.json", "special_tokens_map.json", *TOKENIZER)
FILES = (*READING, "*.safetensors", "*.safetensors.index.json")
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")


@dataclass(frozen=True)
class Checkpoint:
    """A model's files on this machine.

    Attributes:
        folder: that holds config, tokenizer and weights.
        identity: name and revision, where the revision of a local folder is the start of its
            weights' SHA-256.
    """

    folder: Path
    identity: str


def model_named(
    checkpoint: str,
    language: Literal["zh", "en"],
    *,
    revision: str | None = None,
    labels: Mapping[int, Label] | None = None,
    precision: Literal["auto", "fp32", "bf16", "int8"] = "auto",
) -> "SentimentModel":
    """The catalogue's entry of a checkpoint that no market names.

    Args:
        checkpoint: a folder, a name on the model hub, or ``sandbox`` for the shipped one.
        language: of the texts.
        revision: commit on the hub.
        labels: meaning of each output, where the model's own names say nothing.
        precision: as in the catalogue.
    """
    from sfr_pipeline.markets.opinion import SentimentModel

    folder = Path(checkpoint).resolve()
    local = str(folder) if folder.is_dir() else None
    return SentimentModel(
        checkpoint=checkpoint,
        revision=revision,
        folder=SANDBOX if checkpoint == SANDBOX else local,
        language=language,
        labels=dict(labels) if labels else None,
        precision=precision,
    )


def locate(model: "SentimentModel", root: Path) -> Checkpoint:
    """Find a model's files: the folder given, or below ``models/``, or from the hub.

    Args:
        model: the catalogue's entry.
        root: of the workspace, to which folders are relative.

    Raises:
        SourceError: the files are nowhere, or not as they must be; the message says what to
            download and where to put it.
    """
    named, local = _named(model, root), _local(model, root)
    if local is None:
        local = _from_hub(model)
    _complete(local)
    revision = model.revision if named is None and local != root / MODELS / model.checkpoint else ""
    return Checkpoint(local, f"{model.checkpoint}@{revision or weights_digest(local)[:12]}")


def is_here(model: "SentimentModel", root: Path) -> bool:
    """Whether a model's files are on this machine; the hub is not asked.

    Args:
        model: the catalogue's entry.
        root: of the workspace, to which folders are relative.

    Raises:
        SourceError: its folder is missing or incomplete; the message says what to do.
    """
    local = _local(model, root)
    if local is None:
        return _cached(model) is not None
    _complete(local)
    return True


def fetching(model: "SentimentModel") -> str:
    """The command that brings a model's files to this machine, from the workspace's folder."""
    return _fetching(model, Path(model.folder) if model.folder else Path(MODELS) / model.checkpoint)


def reading_digest(folder: Path, *rest: object) -> str:
    """SHA-256 over what lies between weights and scores: config, tokenizer, and what is given.

    Args:
        folder: of the checkpoint.
        rest: whatever else decides how texts are read, as it prints.
    """
    digest = hashlib.sha256(repr(rest).encode())
    for file in sorted({file for pattern in READING for file in folder.glob(pattern)}):
        if file.is_file():
            content = file.read_bytes()
            digest.update(f"{file.name} {len(content)} ".encode() + content)
    return digest.hexdigest()


def weights_digest(folder: Path) -> str:
    """SHA-256 over all weights in a folder, in the order of their files' names."""
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.safetensors")):
        with file.open("rb") as content:
            while block := content.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _named(model: "SentimentModel", root: Path) -> Path | None:
    """The folder that the catalogue names, where it names one."""
    if model.folder == SANDBOX:
        return SHIPPED
    return root / model.folder if model.folder else None


def _local(model: "SentimentModel", root: Path) -> Path | None:
    """The folder given, or below ``models/``; None where the hub has to be asked."""
    named = _named(model, root)
    if named is not None and not named.is_dir():
        raise SourceError(
            f"sentiment.folder {model.folder} is no folder below {root}: "
            f"{_download(model, Path(model.folder or ''))}"
        )
    local = named or root / MODELS / model.checkpoint
    if local.is_dir():
        return local
    if model.revision is None:
        raise SourceError(
            f"{model.checkpoint} has no revision and no folder {local}: name a full commit of "
            "the model hub (sentiment.revision in the market's YAML, --revision on the command "
            "line), or a local folder"
        )
    return None


def _snapshot(model: "SentimentModel", local: bool) -> Path:
    from huggingface_hub import snapshot_download

    return Path(
        snapshot_download(
            model.checkpoint,
            revision=model.revision,
            allow_patterns=list(FILES),
            local_files_only=local,
        )
    )


def _cached(model: "SentimentModel") -> Path | None:
    """The hub's snapshot in this machine's cache, where it is there as a whole.

    The cache keeps what an interrupted download left, and calls it the snapshot.
    """
    from huggingface_hub.errors import HFValidationError

    try:
        cached = _snapshot(model, local=True)
    except (OSError, HFValidationError):
        return None
    return cached if _lacks(cached) is None else None


def _from_hub(model: "SentimentModel") -> Path:
    """The hub's snapshot, from this machine's cache where it is there already."""
    from huggingface_hub.errors import HFValidationError

    if (cached := _cached(model)) is not None:
        return cached
    try:
        delivered = _snapshot(model, local=False)
    except (OSError, HFValidationError) as error:
        raise SourceError(
            f"the sentiment model {model.checkpoint} is not on this machine, and the model hub "
            f"did not deliver it ({str(error).splitlines()[0]}). "
            f"{_download(model, Path(MODELS) / model.checkpoint)}"
        ) from error
    if lacking := _lacks(delivered):
        folder = Path(MODELS) / model.checkpoint
        raise SourceError(
            f"the model hub's files of {model.checkpoint} at {model.revision} lack {lacking}: its "
            "weights may be there in pickled form alone, or the download was interrupted and the "
            f"hub is out of reach now. {_download(model, folder)}. If the weights in there are "
            f"pickled, {_conversion(folder)}"
        )
    return delivered


def _download(model: "SentimentModel", folder: Path) -> str:
    return (
        f"Where there is a network, download revision {model.revision or 'main'} of "
        f"{model.checkpoint} (config.json, model.safetensors, the tokenizer's files) with\n"
        f"  {_fetching(model, folder)}\n"
        f"and put the folder at {folder} of this workspace"
    )


def _fetching(model: "SentimentModel", folder: Path) -> str:
    revision = f" --revision {model.revision}" if model.revision else ""
    return f"hf download {model.checkpoint}{revision} --local-dir {folder}"


def _conversion(folder: Path) -> str:
    return (
        "which are never opened here because they may run code, convert them once, where you trust "
        f"them:\n  {shlex.quote(sys.executable)} -c "
        '"from transformers import AutoModelForSequenceClassification '
        f"as M; M.from_pretrained('{folder}').save_pretrained('{folder}')\""
    )


def _lacks(folder: Path) -> str | None:
    """What a checkpoint's folder needs and has not, or None."""
    if not (folder / "config.json").is_file():
        return "config.json"
    if not any(folder.glob("*.safetensors")):
        return "model.safetensors"
    for index in folder.glob("*.safetensors.index.json"):
        parts = json.loads(index.read_bytes())["weight_map"].values()
        absent = [part for part in sorted(set(parts)) if not (folder / part).is_file()]
        if absent:
            return absent[0]
    if not any(file for pattern in TOKENIZER for file in folder.glob(pattern)):
        return "the tokenizer's files"
    return None


def _complete(folder: Path) -> None:
    """Refuse a folder that lacks something, with what to do about it."""
    lacking = _lacks(folder)
    if lacking is None:
        return
    if lacking == "config.json":
        raise SourceError(f"{folder} holds no config.json: it is no transformers checkpoint")
    pickles = any(file for pattern in PICKLES for file in folder.glob(pattern))
    if lacking == "model.safetensors" and pickles:
        raise SourceError(f"{folder} holds pickled weights alone, {_conversion(folder)}")
    raise SourceError(
        f"{folder} is incomplete: {lacking} is missing (an interrupted download?); download the "
        "checkpoint again, all its files"
    )
