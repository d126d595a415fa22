"""How many equal pieces of work are spread: over the processors of this machine, or over a cluster.

Belongs here: engines, and who may use a device of this machine. Does not belong here: what they are
given to do.
"""

from sfr_pipeline.engine.engine import Engine
from sfr_pipeline.engine.local import THIS_MACHINE, Local
from sfr_pipeline.engine.named import ADDRESS, ENGINES, engine_named

__all__ = ["ADDRESS", "ENGINES", "THIS_MACHINE", "Engine", "Local", "engine_named"]
