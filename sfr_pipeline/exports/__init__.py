"""What leaves the warehouse for other programs: one folder of plain files.

Belongs here: which series and tables travel, under which names, how each format writes them, and
what the folder says of itself. Does not belong here: the tables and the one DuckDB file
(`sfr_pipeline.storage`), the pages for readers (`sfr_pipeline.report`, `sfr_pipeline.website`).

The same warehouse gives the same bytes: every date is one of the run, none of the export. The
DuckDB file alone is excepted, whose blocks lie as its threads wrote them.
"""
