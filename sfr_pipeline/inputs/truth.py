"""What a synthetic market was made from."""

import pandas as pd

from sfr_pipeline import sources
from sfr_pipeline.inputs.samples import sample_end
from sfr_pipeline.markets import Market


def known_truth(market: Market) -> pd.DataFrame:
    """Rows of table ``truth``, up to the end of the market's sample."""
    truth = sources.synthetic_source(str(market.truth)).fetch_truth()
    return truth[truth["ref_date"] <= sample_end(market)]
