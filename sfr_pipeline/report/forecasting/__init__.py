"""The report's part on the forecasting leg: charts, section, verdict."""
