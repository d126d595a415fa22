"""The benchmarks by name; whatever is listed here, the tests run in its tiny form.

Their modules are imported when they run: the number of threads must be said before NumPy loads its
libraries (`__main__`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from benchmarks.settings import Settings

if TYPE_CHECKING:
    from benchmarks.timing import Findings


@dataclass(frozen=True)
class Item:
    """A benchmark.

    Attributes:
        what: is compared, for readers.
        place: ``module:function``; the function takes ``Settings`` and returns ``Findings``.
    """

    what: str
    place: str

    def run(self, settings: Settings) -> "Findings":
        """Measure."""
        module, _, function = self.place.partition(":")
        found: Findings = getattr(import_module(f"benchmarks.{module}"), function)(settings)
        return found


ITEMS: Mapping[str, Item] = {
    "loops": Item(
        "TVP-FAVAR, compiled loops against the same in plain NumPy",
        "estimator:compiled_against_loops",
    ),
    "octave": Item(
        "TVP-FAVAR against the reference code (needs Octave and --reference-code)",
        "reference_code:against_octave",
    ),
    "growth": Item("TVP-FAVAR on larger and larger panels", "estimator:growth"),
    "compile": Item("compiling the kernels at installation, and loading", "estimator:first_use"),
    "vintages": Item("120 vintages", "vintages:all_vintages"),
    "bootstrap": Item(
        "120 vintages x 1,000 block-bootstrap replications (seconds)",
        "vintages:bootstrapped_vintages",
    ),
    "switching": Item(
        "Markov switching, 50 starts, against statsmodels, 20 starts",
        "markov_switching:switching_against_statsmodels",
    ),
    "garch": Item("GARCH and GJR fits against arch", "garch:garch_against_arch"),
    "transfer": Item(
        "a panel to Parquet and back, the store against plain pandas",
        "transfer:store_against_pandas",
    ),
    "npoi": Item(
        "public opinion index of 3,000,000 posts, SQL against pandas", "npoi:index_in_sql"
    ),
    "sentiment": Item(
        "posts a second of a BERT-base classifier, against plain batches (minutes)",
        "sentiment:reading",
    ),
    "entropy": Item(
        "transfer entropy, 12 directions, 999 surrogates at T = 180, against a plain loop",
        "transfer_entropy:surrogates_at_once",
    ),
    "training": Item(
        "50 fits of the monthly Transformer against a plain loop, and the daily CNN-BiLSTM "
        "(minutes)",
        "training:training",
    ),
    "streaming": Item("peak memory of scoring 10,000 and 1,000,000 posts", "sentiment:streaming"),
    "backfill": Item(
        "checks and publishing in a backfill of six months, with 240 and 2,400 months stored",
        "backfill:checks_and_publishing",
    ),
}
