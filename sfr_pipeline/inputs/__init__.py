"""Where a market's catalogue meets the sources: raw series and prices as tables hold them.

Belongs here: asking files and sources for what a catalogue names, trying them, and templates to
fill in. Does not belong here: what is made of the values (`index`, `forecasting`, `stress`).
"""
