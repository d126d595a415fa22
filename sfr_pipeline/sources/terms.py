"""On which terms data come, as far as this project knows: a sentence for each kind of origin.

Belongs here: what is certain of the data that ship with installed packages, and that nothing is
certain of the others. Does not belong here: advice. The terms of a site are between it and whoever
asks it.
"""

BUNDLED = (
    "Data of installed packages (arch, statsmodels, skfolio) under permissive licences; they are "
    "loaded from there and never copied."
)
MADE_UP = "Made up by this project: nothing of it happened."
FILES = "Your own files: on the terms on which you have them."
SITE = "The terms of use of each site are between it and you; several forbid passing the data on."
OWN = {"bundled": BUNDLED, "sandbox": MADE_UP, "file": FILES}


def terms_of(source: str) -> str:
    """The sentence of a source, by its name in the catalogues; ``file`` is a file.

    Args:
        source: one of this project, or of an extension.
    """
    return OWN.get(source, SITE)
