"""The key that encrypts personal data: its form, and how values are encrypted and looked up."""

import base64
import binascii
import hashlib
import hmac
import json
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic_core import PydanticSerializationError, from_json, to_json

from core.errors import UnreadableValue

KEY_BYTES = 32
ID_BYTES = 4
NONCE_BYTES = 12
OWNER_BYTES = 16
"""The length of a row's `public_id`."""

KEY_COMMAND = "openssl rand -base64 32"
"""The command that prints a fresh key."""


class EncryptionKey:
    """A key for AES-GCM, and the key for look-ups that is derived from it.

    `fingerprint` tells it from others and betrays nothing of it, for it is random.
    """

    def __init__(self, text: str) -> None:
        """Take a key as `new_key` or KEY_COMMAND gives it. Raises ValueError."""
        try:
            key = base64.b64decode(f"{text.strip().rstrip('=')}=", b"-_", validate=True)
        except (ValueError, binascii.Error):
            key = b""
        if len(key) != KEY_BYTES:
            raise ValueError(f"must be {KEY_BYTES} random bytes, as `{KEY_COMMAND}` prints them")
        self._cipher = AESGCM(key)
        self._lookup = hmac.new(key, b"look-up", hashlib.sha256)
        digest = hmac.new(key, b"fingerprint", hashlib.sha256)
        self.fingerprint = digest.hexdigest()[:32]
        self._id = digest.digest()[:ID_BYTES]

    def encrypt(self, owner: bytes, column: str, value: object) -> bytes:
        """Return a JSON value encrypted: the key's id, the nonce, the text and its tag.

        It can be decrypted only as the same column's of the row whose `public_id` is `owner`.
        """
        text = _to_json(value)
        nonce = os.urandom(NONCE_BYTES)
        return self._id + nonce + self._cipher.encrypt(nonce, text, owner + column.encode())

    def decrypt(self, owner: bytes, column: str, stored: bytes) -> Any:
        """Return the value. Raises UnreadableValue, which names the column only."""
        if not stored.startswith(self._id):
            raise UnreadableValue(f"{column}: it was encrypted with another key")
        nonce, text = stored[ID_BYTES : ID_BYTES + NONCE_BYTES], stored[ID_BYTES + NONCE_BYTES :]
        try:
            found = self._cipher.decrypt(nonce, text, owner + column.encode())
        except (InvalidTag, ValueError):
            raise UnreadableValue(f"{column}: it is damaged, or another row's") from None
        return _from_json(found)

    def keyed_hash(self, value: str) -> str:
        """Return the keyed hash, in hexadecimal, by which an encrypted value is looked up."""
        digest = self._lookup.copy()
        digest.update(value.encode("utf-8", "surrogatepass"))
        return digest.hexdigest()[:40]


def _to_json(value: object) -> bytes:
    """Return a value as JSON; pydantic's is three times as fast, but refuses half a sign."""
    try:
        return to_json(value)
    except PydanticSerializationError:
        return json.dumps(value).encode()


def _from_json(text: bytes) -> Any:
    try:
        return from_json(text)
    except ValueError:
        return json.loads(text)


def new_key() -> str:
    """Return a fresh key."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()
