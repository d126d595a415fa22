"""How large the volatility of the coming days will be: one pooled panel, its models and scores."""
