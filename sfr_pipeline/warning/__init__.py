"""Early warning: catalogue + tables + learning = frames of the warning tables. No Dagster."""
