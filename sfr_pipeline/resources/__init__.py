"""What assets need from outside, as Dagster resources."""
