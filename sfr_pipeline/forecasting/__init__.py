"""Early warning by forecasts of the index: from tables to frames of its tables. No Dagster."""
