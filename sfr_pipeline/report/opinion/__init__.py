"""The report's part on the opinion leg: charts, section, verdict."""
