"""The command line beside Dagster's: one file a command.

Each has ``add_to``, which adds its parser, and ``run``, which does what it says and returns the
exit status, None for 0. What a command needs is imported when it runs, so that ``--help`` answers
at once. Does not belong here: anything that a notebook or an asset could want too.
"""
