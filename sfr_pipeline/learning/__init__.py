"""What both legs learn and judge with: training, splits, tests of forecasts. No Dagster."""
