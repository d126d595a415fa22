"""Makes a market of a user's own files: reads them, guesses what they leave open, writes it down.

Belongs here: what ``sfr init-market`` does with files of any layout. A kind of file has a module
that returns a `Draft`: `panel` of series. Does not belong here: what refuses a catalogue
(`markets`) or a file that a market reads (`sources.files`); a draft passes through both before it
is kept.

Whatever is guessed is marked as a guess where a human will edit it, and what can't be guessed is
marked as undecided.
"""

from sfr_pipeline.drafting.draft import Draft, require_new

__all__ = ["Draft", "require_new"]
