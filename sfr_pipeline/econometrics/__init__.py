"""Pure functions on arrays: the models of the papers. No files, no tables, no Dagster in here."""
