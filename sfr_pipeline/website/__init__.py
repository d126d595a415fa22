"""A folder of static pages: every report, their comparison, past ones, the documentation.

Belongs here: how the folder is put together. Does not belong here: what a report says, which is
`report`, nor where it lies.
"""
