"""Text from the web as messages and logs may show it."""

# A long address fits; what is longer says no more.
LONGEST = 200


def escaped(text: str) -> str:
    r"""A line of a log in which nothing acts on a terminal or turns the order of reading.

    Control characters, marks of direction and the like appear as ``\x1b``, ``\u202e``.
    """
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def shown(text: str, longest: int = LONGEST) -> str:
    """A text escaped and cut, whatever a site put into it."""
    whole = escaped(text[: longest + 1])
    return whole if len(whole) <= longest else f"{whole[:longest]}…"
