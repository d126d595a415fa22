"""Frames between the steps of one asset, which may run in other processes and on other machines.

Belongs here: where such a frame lies between two steps, and until when. Does not belong here:
tables, which are assets (`warehouse`), and what only saves time (`workspace.cache_folder`), which
every machine has for itself.

A frame lies in the warehouse, which all steps of a run share. It goes when its run has succeeded;
that of a run which failed or was killed stays until one of its market succeeds, so that the run may
be repeated from where it failed.
"""

from collections.abc import Callable

import dagster as dg
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sfr_pipeline.errors import NotMaterializedError
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.storage.filesystem import Filesystem

# Key of the resource, for the outputs that are no tables.
STEP_FRAMES = "step_frames"
# Below the warehouse.
FOLDER = "steps"


class StepFrames(dg.ConfigurableIOManager):
    """Puts a frame aside for later steps of the run, and gives it to them.

    Attributes:
        root: of the warehouse in which they lie, as `Warehouse.root`.
    """

    root: str | None = None

    @property
    def files(self) -> Filesystem:
        """What lies in the warehouse."""
        return Warehouse(root=self.root).files

    def handle_output(self, context: dg.OutputContext, obj: pd.DataFrame) -> None:
        """Put a frame aside, whole or not at all."""
        stored = pa.Table.from_pandas(obj, preserve_index=False)
        with self.files.replacing(_name(context)) as aside:
            # Weights hardly compress, and the one reader comes at once.
            pq.write_table(stored, aside, compression="NONE")

    def load_input(self, context: dg.InputContext) -> pd.DataFrame:
        """The frame that an earlier step put aside.

        Raises:
            NotMaterializedError: it is gone.
        """
        assert context.upstream_output is not None, "what was put aside came from a step"
        files, name = self.files, _name(context.upstream_output)
        if not files.exists(name):
            raise NotMaterializedError(
                f"what step {context.upstream_output.step_key} passed on is gone "
                f"({files.path(name)}): a run of this market has succeeded since. Repeat all steps "
                "of the run, not only those that failed"
            )
        with files.open(name) as file:
            return pq.read_table(file).to_pandas()

    def remove(self, is_over: Callable[[str], bool]) -> None:
        """Remove frames that nobody will ask for.

        Args:
            is_over: whether those of a run, by its id, are among them.
        """
        files = self.files
        for name in files.names(FOLDER):
            if is_over(name.partition(".")[0]):
                files.remove(f"{FOLDER}/{name}")


def _name(context: dg.OutputContext) -> str:
    return f"{FOLDER}/{context.run_id}.{context.step_key}.{context.name}.parquet"
