"""What is missing or broken on this machine and in this workspace, and what to do about it.

Belongs here: looking, a file a kind of thing. Does not belong here: mending, which is what the
remedies say; what Dagster notes of runs (`sfr_pipeline.resources.instance_health`). Nothing is
written but a file that tries a lock, and that one is removed.

Each check is a function that takes what it looks at and gives `finding.Finding`s;
`cli/doctor_checks.py` names them all.
"""
