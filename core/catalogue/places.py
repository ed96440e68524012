"""The names of the municipalities of Greece, and other names by which people call them."""

from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "places.txt"


@cache
def place_names() -> frozenset[str]:
    """Return the names: official ones, those of their parts, and others in use."""
    lines = FILE.read_text("utf-8").splitlines()
    written = [line.replace("=", "-") for line in lines if line and not line.startswith("#")]
    return frozenset(part.strip() for line in written for part in line.split(" - "))
