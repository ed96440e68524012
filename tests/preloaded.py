"""What each command of ours would read or compute anew, kept in the processes of the tests.

It is imported before commands are forked, too.
"""

from functools import cache

import typer.main

from bot import secret_key
from bot.cli.main import app
from bot.i18n import translator
from core.i18n import LANGUAGES
from tests import migrations_once

__all__ = ["migrations_once"]

SECRET = "secret"  # noqa: S105
"""The key of the hashes in the databases that the fixtures make."""

FINGERPRINT = secret_key._fingerprint(SECRET, "00" * secret_key.SALT_BYTES)

secret_key._fingerprint = cache(secret_key._fingerprint)  # 50 ms each
secret_key._fingerprint(SECRET, FINGERPRINT)
translator._read = cache(translator._read)  # 25 ms each
for language in LANGUAGES:
    translator._read(language)

typer.main.get_command = cache(typer.main.get_command)  # 9 ms for our 48 commands
typer.main.get_command(app)
