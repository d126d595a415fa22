"""What goes on around the runs of a market: when it is due, what is alerted, who is told.

Belongs here: rules of alerts, how they are judged, kept and delivered. Does not belong here: what
is measured, Dagster (assets and sensors call into this room), and the files of the warehouse.
"""
