"""Lets a model read a shard, in whatever process of whatever machine.

Belongs here: what such a process needs, and the model that it loads once. Does not belong here: the
model itself (`scorer`), who reads which shard and what becomes of it (`scoring`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sfr_pipeline.engine import Engine, Local
from sfr_pipeline.engine.local import in_this_process
from sfr_pipeline.errors import SourceError, StorageError
from sfr_pipeline.markets.opinion import SentimentModel
from sfr_pipeline.opinion.scorer import Scorer, load_scorer
from sfr_pipeline.opinion.shards import Shard, digest_of, texts_of
from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline.storage.tables.opinion import POSTS


@dataclass(frozen=True)
class ShardReader:
    """Reads shards of a market's posts; other processes are sent it without the model.

    Attributes:
        store: of the tables.
        market: its name.
        model: the catalogue's entry, in the precision that all use.
        root: of the workspace.
        device: as torch names it where the work is done.
        scorer_id: what the model must be called there.
        description: of it, for the log.
        scorer: the model in this process; None in one that has to load it.
    """

    store: ParquetStore
    market: str
    model: SentimentModel
    root: Path
    device: str
    scorer_id: str
    description: str
    scorer: Scorer | None = field(default=None, compare=False, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """What another process is sent."""
        return self.__dict__ | {"scorer": None}

    def __call__(self, shard: Shard, done: Callable[[int], object] | None = None) -> np.ndarray:
        """Probabilities of the shard's texts.

        Args:
            shard: to be read.
            done: told the number of different texts read after each batch.

        Returns:
            Single precision, shape (n_texts, 3), in the order of the texts.

        Raises:
            SourceError: the model here is another one, or gave something that is no number.
            StorageError: the posts are not those that the shard was made of.
        """
        texts = self._texts(shard)
        if self.scorer is not None:
            return probabilities(self.scorer, texts, done)
        from sfr_pipeline.training.fitting import one_thread

        scorer = _loaded(self.model.model_dump_json(), self.root, self.device)
        if scorer.scorer_id != self.scorer_id:
            raise SourceError(
                f"the sentiment model is {scorer.scorer_id} on one machine and {self.scorer_id} on "
                "another: put the same files of the checkpoint on every machine"
            )
        # Other processes have the other processors.
        with one_thread():
            return probabilities(scorer, texts, done)

    def _texts(self, shard: Shard) -> list[str]:
        posts = self.store.read_rows(
            self.market, POSTS, shard.month, shard.first, shard.stop, ["text"]
        )
        texts = texts_of(posts)
        if digest_of(texts) != shard.digest:
            raise changed_meanwhile(self.market, shard.month)
        return texts


def shard_reader(
    store: ParquetStore,
    market: str,
    model: SentimentModel,
    root: Path,
    device: str,
    engine: Engine,
) -> ShardReader:
    """Load a model and choose its precision, once for all who will read.

    Args:
        store: of the tables.
        market: its name.
        model: the catalogue's entry.
        root: of the workspace.
        device: as torch names it where the work is done.
        engine: those who will read. The precision is measured by one of them.

    Raises:
        SourceError: the files are missing or no classifier, or the model misreads the probes.
        CatalogueError: the meaning of its outputs is unclear.
    """
    whose = partial(_reader, store, market, root=root, device=device)
    if in_this_process(engine):
        return whose(model)
    [(_, reader)] = engine.completed(whose, [model], lambda _: "the choice of a precision")
    return reader


def readers_of(engine: Engine, device: str) -> Engine:
    """Those who read shards.

    On one machine it is this process, whose threads share one model. On a cluster it is many, each
    with a model and a processor, or a GPU, of its own.

    Args:
        engine: of the run.
        device: as torch names it where the work is done.
    """
    return Local(1) if isinstance(engine, Local) else engine.on(device)


def _reader(
    store: ParquetStore, market: str, model: SentimentModel, *, root: Path, device: str
) -> ShardReader:
    scorer = load_scorer(model, root, device)
    chosen = model.model_copy(update={"precision": scorer.choice.precision})
    return ShardReader(
        store, market, chosen, root, device, scorer.scorer_id, scorer.description, scorer
    )


@lru_cache(maxsize=1)
def _loaded(model: str, root: Path, device: str) -> Scorer:
    return load_scorer(SentimentModel.model_validate_json(model), root, device)


def probabilities(
    scorer: Scorer, texts: list[str], done: Callable[[int], object] | None = None
) -> np.ndarray:
    """Probabilities of texts, of which equal ones are read once.

    Args:
        scorer: the model.
        texts: all that are read together.
        done: told the number of different texts read after each batch.

    Returns:
        Single precision, shape (n_texts, 3), in the order of the texts.

    Raises:
        SourceError: the model gave something that is no number.
    """
    codes, different = pd.factorize(np.array(texts, dtype=object))
    read = scorer.probabilities(list(different), done)
    if not np.isfinite(read).all():
        count = np.count_nonzero(~np.isfinite(read).all(axis=1))
        raise SourceError(
            f"{scorer.scorer_id} gave no number for {count:,} of {len(read):,} texts; "
            "nothing of them was kept. Set sentiment.precision to fp32, or use another "
            "checkpoint: its weights are damaged or too large for this precision"
        )
    return read[codes]


def changed_meanwhile(market: str, month: str) -> StorageError:
    """The error for posts that another process has written while they were read."""
    return StorageError(
        f"the posts of {market} in {month} were written by another run while they were read: "
        "materialize sentiment again"
    )
