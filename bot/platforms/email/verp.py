"""Senders of which each names its message (VERP, variable envelope return path).

So a report tells which message it is about even where it quotes nothing of it. The tag is a keyed
hash that only mail servers are told: unlike a Message-ID, which mail programs put into answers and
into what is forwarded, it proves that a report is of a server which the message has passed.
"""

import re

TAG = r"[0-9a-f]{40}"
"""Matches a tag."""

LONGEST_LOCAL_PART = 64 - len("+") - 40
"""The most characters before the @ that a tag can be added to (RFC 5321, 4.5.3.1.1)."""


def tagged(address: str, tag: str) -> str:
    """Return the address with the tag of a message."""
    local_part, _at, domain = address.rpartition("@")
    return f"{local_part}+{tag}@{domain}"


def tag_in(text: str, address: str) -> str | None:
    """Return the tag of the first address in a text that is that one with a tag; None for none."""
    local_part, _at, domain = map(re.escape, address.rpartition("@"))
    found = re.search(rf"\b{local_part}\+({TAG})@{domain}", text, re.IGNORECASE)
    return found[1].lower() if found else None
