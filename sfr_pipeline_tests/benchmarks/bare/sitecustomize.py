"""Python where little is installed: for PYTHONPATH of a process that may import no more than that.

BARE_MODULES names the installed modules that are there, BARE_DISTRIBUTIONS what they belong to.
"""

import os
import sys
from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder
from sysconfig import get_path

MODULES = set(os.environ["BARE_MODULES"].split())
DISTRIBUTIONS = set(os.environ["BARE_DISTRIBUTIONS"].split())
INSTALLED = get_path("purelib")


class Bare:
    """Finds what is there, and nothing else."""

    invalidate_caches = PathFinder.invalidate_caches

    @staticmethod
    def find_spec(name, path=None, target=None):
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or name.partition(".")[0] in MODULES:
            return spec
        places = (spec.origin or "", *(spec.submodule_search_locations or ()))
        return None if any(place.startswith(INSTALLED) for place in places) else spec

    @staticmethod
    def find_distributions(*context):
        found = PathFinder.find_distributions(*context)
        return (each for each in found if each.name.lower().replace("_", "-") in DISTRIBUTIONS)


sys.meta_path[:] = [BuiltinImporter, FrozenImporter, Bare]
