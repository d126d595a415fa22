"""Daily discrimination of systemic stress: from prices to frames of its tables. No Dagster."""
