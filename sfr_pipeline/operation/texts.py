"""Texts that others wrote, made harmless for a message: mail, chat and terminal alike."""

import unicodedata

# Longer than any sentence of a source that says why it did not answer.
LONGEST = 300
# What mail and chats take for markup, mentions and links.
MARKUP = str.maketrans(
    {"<": "‹", ">": "›", "@": "(at)", "`": "'", "*": "", "|": "/", "[": "(", "]": ")", "~": ""}
)


def harmless(text: str) -> str:
    """One line of plain text, trimmed: no markup, mention, link or control character."""
    plain = "".join(
        " " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter
        for letter in text
        if unicodedata.category(letter) not in ("Cf", "Co", "Cs")
    )
    line = " ".join(plain.translate(MARKUP).replace("://", ": //").split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} …"
