"""What goes on around the runs of a market: when it is due, what is alerted, kept and swept.

Belongs here: rules of alerts, how they are judged, kept and delivered; tidying the folders of the
warehouse; checking, copying and compacting what is only added to. Does not belong here: what is
measured, and Dagster (assets and sensors call into this room).
"""
