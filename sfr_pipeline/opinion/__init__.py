"""Public opinion: posts validated, read by a sentiment model, condensed to the NPOI."""
