"""The report's part on the index leg: charts, section, verdict."""
