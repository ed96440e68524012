"""Senders of which each names its message (VERP, variable envelope return path).

So a report tells which message it is about even where it quotes nothing of it. The tag is the
message's id, a keyed hash: nobody can make up one of a message that they haven't got.
"""

import re

TAG = r"[0-9a-f]{40}"
"""Matches the id in the Message-ID of our e-mails."""

LONGEST_LOCAL_PART = 64 - len("+") - 40
"""The most characters before the @ that a tag can be added to (RFC 5321, 4.5.3.1.1)."""


def tagged(address: str, message_id: str) -> str:
    """Return the address with the tag of a message, which is given as its Message-ID."""
    local_part, _at, domain = address.rpartition("@")
    return f"{local_part}+{message_id.strip('<>').partition('@')[0]}@{domain}"


def tag_in(text: str, address: str) -> str | None:
    """Return the tag of the first address in a text that is that one with a tag; None for none."""
    local_part, _at, domain = map(re.escape, address.rpartition("@"))
    found = re.search(rf"\b{local_part}\+({TAG})@{domain}", text, re.IGNORECASE)
    return found[1].lower() if found else None
