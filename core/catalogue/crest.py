"""A municipality's crest: a small PNG picture, kept with its catalogue as base64."""

import binascii
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

MAX_BYTES = 20_000

ENDING = ".png"
"""The end of what names a file, in a catalogue; anything else there is the picture itself."""

EXPECTED = "the name of a PNG picture beside this file, of at most 20 kB, such as crest.png"

_BEGINNING = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


def read_crest(file: Path) -> str:
    """Return a picture as a catalogue keeps it; "", which is none, where it can't be read."""
    try:
        with file.open("rb") as opened:
            return b64encode(opened.read(MAX_BYTES + 1)).decode()
    except OSError:
        return ""


def size_of(picture: bytes) -> tuple[int, int]:
    """Return width and height of a PNG picture. Raises ValueError where it is none."""
    width, height = (
        int.from_bytes(picture[at : at + 4]) for at in (len(_BEGINNING), len(_BEGINNING) + 4)
    )
    if not picture.startswith(_BEGINNING) or not width or not height:
        raise ValueError(EXPECTED)
    return width, height


def _is_small_picture(encoded: str) -> str:
    try:
        picture = b64decode(encoded, validate=True)
    except binascii.Error:
        raise ValueError(EXPECTED) from None
    if len(picture) > MAX_BYTES:
        raise ValueError(EXPECTED)
    size_of(picture)
    return encoded


Crest = Annotated[str, AfterValidator(_is_small_picture)]
