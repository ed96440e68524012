"""The parts of an e-mail as its bytes (RFC 2045), which are put together without a copy of them.

Python's own `Message` takes ten times as long: it splits all of it into lines, and looks through it
for a boundary that isn't in it. Until Python 3.13 its successor loses spaces where it folds Greek.
"""

from base64 import encodebytes
from collections.abc import Iterable
from email.header import Header
from functools import lru_cache

LONGEST_LINE = 998
"""The most bytes of a line that is sent as it is (RFC 5322); a longer one is encoded."""

Headers = Iterable[tuple[str, str]]

VERSION = ("MIME-Version", "1.0")


@lru_cache(1024)  # those of an office are the same, and its subjects of the same hour
def encoded_text(name: str, text: str) -> str:
    """Return a text as the header `name` has it, in lines of at most 76 characters."""
    return Header(" ".join(text.split()), "utf-8", header_name=name).encode()


def in_ascii(name: str, address: str) -> str:
    """Return an address of an office as the header `name` has it, whatever its alphabet."""
    if address.isascii():
        return address
    local, _at, domain = address.rpartition("@")
    try:
        named = f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        named = address
    return named if named.isascii() else encoded_text(name, named)


def with_headers(headers: Headers, content: bytes) -> bytes:
    """Return a part with its headers, which are in ASCII."""
    lines = "".join(f"{name}: {value}\n" for name, value in headers)
    return b"%b\n%b" % (lines.encode("ascii"), content)


def text_part(text: str, subtype: str) -> bytes:
    """Return a text in eight bits, so that its addresses stay plain, unless a line is too long."""
    content = (text.strip() + "\n").encode()
    encoding = "7bit" if content.isascii() else "8bit"
    if max(map(len, content.split(b"\n"))) > LONGEST_LINE:
        encoding, content = "base64", encodebytes(content)
    headers = _content_headers(f'text/{subtype}; charset="utf-8"', encoding)
    return with_headers(headers, content)


def file_part(content: bytes, content_type: str, *headers: tuple[str, str]) -> bytes:
    """Return a part whose content, of any bytes, is encoded."""
    return with_headers((*_content_headers(content_type, "base64"), *headers), encodebytes(content))


def multipart(subtype: str, boundary: str, parts: Iterable[bytes], headers: Headers = ()) -> bytes:
    """Return several parts as one; the boundary must be in none of them."""
    content_type = ("Content-Type", f'multipart/{subtype};\n boundary="{boundary}"')
    content = b"".join(b"--%b\n%b\n" % (boundary.encode(), part) for part in parts)
    end = b"--%b--\n" % boundary.encode()
    return with_headers((content_type, VERSION, *headers), content + end)


def _content_headers(content_type: str, encoding: str) -> Headers:
    encoded = ("Content-Transfer-Encoding", encoding)
    return (("Content-Type", content_type), VERSION, encoded)
