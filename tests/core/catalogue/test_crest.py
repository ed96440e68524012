"""A municipality's crest: a picture beside its file, kept with it."""

import struct
import zlib
from base64 import b64encode
from pathlib import Path

import pytest

from core.catalogue.crest import EXPECTED, MAX_BYTES
from core.catalogue.loader import CatalogueInvalid, read_catalogue, to_yaml
from tests.core.catalogue.broken_catalogue import GOOD


def chunk(name: bytes, data: bytes) -> bytes:
    body = name + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def png(width: int, height: int, rest: bytes = b"") -> bytes:
    """Return a picture of one colour, and so many more bytes."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x00\x33\x75" * width) * height, 9)
    parts = [(b"IHDR", header), (b"IDAT", rows), (b"tEXt", b"of\0" + rest), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def write(folder: Path, picture: bytes | None, crest: str = "crest.png") -> Path:
    file = folder / "town.yaml"
    file.write_text(f"{GOOD}crest: {crest}\n", "utf-8")
    if picture is not None:
        (folder / "crest.png").write_bytes(picture)
    return file


def test_a_picture_beside_the_file_is_kept_with_it_and_written_out(tmp_path: Path) -> None:
    body = read_catalogue(write(tmp_path, png(40, 50)))
    assert body.crest == b64encode(png(40, 50)).decode()
    exported = tmp_path / "exported" / "town.yaml"
    exported.parent.mkdir()
    exported.write_text(
        to_yaml(body.model_dump_json(by_alias=True, exclude_defaults=True)), "utf-8"
    )
    assert read_catalogue(exported) == body


@pytest.mark.parametrize(
    ("picture", "crest"),
    [
        (None, "crest.png"),
        (b"", "crest.png"),
        (b"GIF89a" + bytes(90), "crest.png"),
        (png(40, 50)[:20], "crest.png"),
        (png(0, 50), "crest.png"),
        (png(40, 50, bytes(MAX_BYTES)), "crest.png"),
        (png(40, 50), "crest.jpg"),
        (png(40, 50), "."),
    ],
    ids=["missing", "empty", "GIF", "cut short", "without width", "too large", "JPEG", "a folder"],
)
def test_what_is_no_small_picture_is_refused(
    tmp_path: Path, picture: bytes | None, crest: str
) -> None:
    file = write(tmp_path, picture, crest)
    with pytest.raises(CatalogueInvalid) as refusal:
        read_catalogue(file)
    (problem,) = refusal.value.problems
    assert (problem.field, problem.expected) == ("crest", EXPECTED)
    assert problem.line == len(GOOD.splitlines()) + 1
