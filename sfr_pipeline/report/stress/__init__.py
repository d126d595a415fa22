"""The report's part on the stress leg: charts, section, verdict."""
