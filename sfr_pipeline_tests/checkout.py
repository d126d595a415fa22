"""Where the checkout lies that these tests are of."""

from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
