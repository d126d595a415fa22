"""Where a sentiment model's files lie on this machine, and which weights they hold.

Belongs here: finding the folder, or saying exactly how to get it. Does not belong here: reading
the model (`scorer`).

Only safetensors are accepted: a pickled checkpoint can run code of its author when it is opened.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from sfr_pipeline.errors import SourceError
from sfr_pipeline.markets.opinion import SentimentModel

MODELS = "models"
FILES = ("config.json", "*.safetensors", "tokenizer*", "vocab*", "special_tokens_map.json")
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


def locate(model: SentimentModel, root: Path) -> Checkpoint:
    """Find a model's files: the folder given, or below ``models/``, or from the hub.

    Args:
        model: the catalogue's entry.
        root: of the checkout, to which folders are relative.

    Raises:
        SourceError: the files are nowhere, or not as they must be; the message says what to
            download and where to put it.
    """
    named = root / model.folder if model.folder else None
    if named is not None and not named.is_dir():
        raise SourceError(
            f"sentiment.folder {model.folder} is no folder below {root}: "
            f"{_download(model, Path(model.folder or ''))}"
        )
    local = named or root / MODELS / model.checkpoint
    if not local.is_dir():
        if model.revision is None:
            raise SourceError(
                f"{model.checkpoint} has no revision in the market's YAML and no folder {local}: "
                "set sentiment.revision to a full commit of the model hub, or sentiment.folder"
            )
        local = _from_hub(model, root)
    _complete(local)
    revision = model.revision if named is None and local != root / MODELS / model.checkpoint else ""
    return Checkpoint(local, f"{model.checkpoint}@{revision or weights_digest(local)[:12]}")


def weights_digest(folder: Path) -> str:
    """SHA-256 over all weights in a folder, in the order of their files' names."""
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.safetensors")):
        with file.open("rb") as content:
            while block := content.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _from_hub(model: SentimentModel, root: Path) -> Path:
    """The hub's snapshot, from this machine's cache where it is there already."""
    from huggingface_hub import snapshot_download

    def snapshot(local: bool) -> Path:
        return Path(
            snapshot_download(
                model.checkpoint,
                revision=model.revision,
                allow_patterns=list(FILES),
                local_files_only=local,
            )
        )

    try:
        return snapshot(local=True)
    except OSError:
        pass  # not in the cache: ask the hub
    try:
        return snapshot(local=False)
    except OSError as error:
        raise SourceError(
            f"the sentiment model {model.checkpoint} is not on this machine, and the model hub "
            f"did not deliver it ({str(error).splitlines()[0]}). "
            f"{_download(model, Path(MODELS) / model.checkpoint)}"
        ) from error


def _download(model: SentimentModel, folder: Path) -> str:
    revision = f" --revision {model.revision}" if model.revision else ""
    return (
        f"Where there is a network, download revision {model.revision or 'main'} of "
        f"{model.checkpoint} (config.json, model.safetensors, the tokenizer's files) with\n"
        f"  hf download {model.checkpoint}{revision} --local-dir {folder}\n"
        f"and put the folder at {folder} of this checkout"
    )


def _complete(folder: Path) -> None:
    """Refuse a folder that lacks something, with what to do about it."""
    if not (folder / "config.json").is_file():
        raise SourceError(f"{folder} holds no config.json: it is no transformers checkpoint")
    if any(folder.glob("*.safetensors")):
        return
    if any(file for pattern in PICKLES for file in folder.glob(pattern)):
        raise SourceError(
            f"{folder} holds pickled weights alone, which are never opened here because they may "
            'run code. Convert them once, where you trust them:\n  python -c "from transformers '
            "import AutoModelForSequenceClassification as M; "
            f"M.from_pretrained('{folder}').save_pretrained('{folder}')\""
        )
    raise SourceError(
        f"{folder} holds no weights: model.safetensors is missing (an interrupted download?)"
    )
