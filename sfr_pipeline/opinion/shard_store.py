"""Keeps what models gave for shards, so that nothing is read twice.

Belongs here: how the scores of a shard lie on disk. Does not belong here: what a shard is
(`shards`).

A shard is found by the digest of its texts, in a folder of the model, revision and precision that
read it; all markets share them. Neither texts nor who wrote them are in the files. Deleting the
folder is safe: it only saves time. So neither a damaged file nor a full disk stops a run: the model
reads again what is damaged, and what can't be kept is used all the same.
"""

import hashlib
import logging
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sfr_pipeline.errors import StorageError
from sfr_pipeline.files import in_place_of, unused
from sfr_pipeline.markets.sentiments import LABELS

SENTIMENT = "sentiment"  # below the folder of caches
DAYS_KEPT = 90
SCHEMA = pa.schema([(f"p_{label}", pa.float32()) for label in LABELS])

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ShardStore:
    """Probabilities of shards by content.

    Attributes:
        folder: where they lie, those of all models; made when the first is put there.
        scorer_id: model, revision and precision.
    """

    folder: Path
    scorer_id: str

    def has(self, digest: str) -> bool:
        """Whether there is a file of a shard; it may be damaged."""
        return self._path(digest).exists()

    def get(self, digest: str) -> np.ndarray | None:
        """The probabilities of a shard's texts, shape (n_texts, 3), in single precision.

        None where they were never put here or their file is damaged.
        """
        path = self._path(digest)
        if not path.exists():
            return None
        try:
            with pq.ParquetFile(path, page_checksum_verification=True) as file:
                if file.schema_arrow.names != SCHEMA.names:
                    raise pa.ArrowInvalid(f"its columns are {', '.join(file.schema_arrow.names)}")
                stored = file.read(use_threads=False).cast(SCHEMA)
        except (pa.ArrowException, OSError) as error:
            said = " ".join(str(error).split())
            log.warning(f"{path} holds no scores ({said}): its posts are read again")
            return None
        # Its age is that of its last use; of a folder that can only be read nothing is swept.
        with suppress(OSError):
            path.touch()
        return np.column_stack([column.to_numpy() for column in stored.columns])

    def put(self, digest: str, probabilities: np.ndarray) -> None:
        """Keep the probabilities of a shard; whoever is killed meanwhile leaves no half of them.

        Args:
            digest: of the shard's texts.
            probabilities: of each text, shape (n_texts, 3).
        """
        columns = [np.ascontiguousarray(column, np.float32) for column in probabilities.T]
        table = pa.table(columns, SCHEMA.with_metadata({"scorer": self.scorer_id}))
        try:
            with in_place_of(self._path(digest)) as aside:
                pq.write_table(table, aside, compression="zstd", write_page_checksum=True)
        except (StorageError, pa.ArrowException, OSError) as error:
            log.warning(f"scores are used, but not kept for the next run: {error}")

    def sweep(self) -> None:
        """Delete what no run has used for months: texts and models change, and shards with them."""
        for path in unused_shards(self.folder):
            # Another run may sweep at the same time; where nothing can be deleted, nothing is.
            with suppress(OSError):
                path.unlink()

    def _path(self, digest: str) -> Path:
        scorer = hashlib.sha256(self.scorer_id.encode()).hexdigest()[:16]
        return self.folder / scorer / f"{digest}.parquet"


def unused_shards(folder: Path) -> list[Path]:
    """Shards of all models that no run has used for months.

    Args:
        folder: where they lie.
    """
    return unused(folder.glob("*/*.parquet"), DAYS_KEPT)
