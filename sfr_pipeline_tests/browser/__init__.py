"""A page as its reader meets it, in the system's Chromium: what every page of a market must stand.

Belongs here: looking, pointing, pressing, printing, and what must hold of any page. Does not belong
here: a page, which the tests bring, nor what a chart is to show, which they know from tables.
"""

import pytest

for module in ("charts", "chromium", "reading", "takeaway"):
    pytest.register_assert_rewrite(f"{__name__}.{module}")
