"""How much a run spends on training."""

import dagster as dg

from sfr_pipeline import settings
from sfr_pipeline.errors import CatalogueError
from sfr_pipeline.training.profile import PROFILES, Profile


class TrainingProfile(dg.ConfigurableResource):
    """The effort of training.

    Attributes:
        name: ``quick``, ``default`` or ``full``; by default that of the environment variable
            SFR_PROFILE.
    """

    name: str = settings.text("SFR_PROFILE") or "default"

    def resolve(self) -> Profile:
        """Seeds, refits and epochs of the profile.

        Raises:
            CatalogueError: there is no such profile.
        """
        if self.name not in PROFILES:
            raise CatalogueError(
                f"there is no training profile '{self.name}': choose one of {', '.join(PROFILES)} "
                "(SFR_PROFILE)"
            )
        return PROFILES[self.name]
