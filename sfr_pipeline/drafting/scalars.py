"""Texts as scalars of YAML, and the words that YAML takes for something else than texts."""

import json

# Plain scalars that YAML reads as a truth value or as nothing, in small letters.
RESERVED = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def quoted(text: str) -> str:
    """A text as a scalar of YAML, plain where it is made of letters and spaces alone."""
    letters = text.isascii() and text.replace(" ", "").isalpha() and text == text.strip()
    plain = letters and text.lower() not in RESERVED
    return text if plain else json.dumps(text, ensure_ascii=False)
