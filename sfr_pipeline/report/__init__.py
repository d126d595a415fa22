"""Pictures and the analyst's report, from frames of the tables. Knows no files and no Dagster."""
