"""Daily discrimination: prices + learning = frames of the stress tables. No Dagster."""
