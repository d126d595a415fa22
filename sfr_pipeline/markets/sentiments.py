"""What a sentiment model tells apart, which a catalogue and the reader of posts agree upon.

Belongs here: the words alone, so that nobody needs a catalogue to name them.
"""

from typing import Literal

Label = Literal["positive", "negative", "neutral"]
LABELS: tuple[Label, ...] = ("positive", "negative", "neutral")
