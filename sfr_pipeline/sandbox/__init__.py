"""A synthetic economy and forum with known truth, marked synthetic wherever it shows."""
