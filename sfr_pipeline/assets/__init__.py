"""Thin Dagster assets, one module a leg of the flow; the rooms below compute."""
