"""Thin Dagster assets, one module a stage of the flow; the rooms below compute."""
