"""What goes on around the runs of a market: what is swept, and how the archive is kept.

Belongs here: tidying the folders of the warehouse, checking, copying and compacting what is only
added to. Does not belong here: what is measured, and Dagster (assets and sensors call into this
room).
"""
