"""What a step asks of Kubernetes, where each step is a Job of its own (SFR_EXECUTOR=k8s).

Belongs here: what differs from step to step. Does not belong here: what holds for all of them,
which is in the settings of the executor (deploy/k8s.yaml).
"""

import os
from collections.abc import Mapping
from typing import Any

from sfr_pipeline.settings import text

CONFIG = "dagster-k8s/config"
GPU = "nvidia.com/gpu"


def gpu_tags(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Tags of a step that works on a GPU: it asks for one where SFR_DEVICE is ``cuda``.

    Any other device leaves it to the cluster: a step that asks for what no node has waits for ever.
    Nor does a step ask whose work is done on Ray, which gives out GPUs itself.

    Args:
        environment: the variables.
    """
    wants_one = (text("SFR_DEVICE", environment) or "").startswith("cuda")
    if not wants_one or (text("SFR_ENGINE", environment) or "local") != "local":
        return {}
    return {CONFIG: {"container_config": {"resources": {"limits": {GPU: 1}}}}}
