"""Files that have a key, beside an SQLite database."""

import os
from contextlib import suppress
from pathlib import Path

from core.db.file_access import cure_of
from core.errors import ConfigurationError


def read_key(file: Path) -> str | None:
    """Return the key in a file; None where there is no file, or nothing in it. Raises OSError."""
    try:
        return file.read_text("utf-8", errors="replace").strip() or None
    except (FileNotFoundError, NotADirectoryError):
        return None


def write_key(file: Path, key: str) -> None:
    """Write a key to a file that only its owner can read. Raises OSError."""
    draft = file.with_suffix(f"{file.suffix}.{os.getpid()}")
    try:
        # It appears whole: a backup may be made at the same time.
        draft.touch(mode=0o600)
        draft.write_text(key)
        draft.replace(file)
    finally:
        with suppress(OSError):
            draft.unlink()


def unusable(setting: str, file: Path, error: OSError) -> ConfigurationError:
    """Return that a key's file can't be used, and how to mend that where rights are at fault."""
    all_beside = f"{file.absolute().with_suffix('')}*"
    return ConfigurationError(
        f"{setting} isn't set, and {file} can't be used: {error.strerror}"
        f"{cure_of(file, all_beside)}"
    )


def refusal(
    setting: str, what: str, file: Path | None, consequence: str, *, given: bool, kept: bool
) -> str:
    """Return in one line what is wrong with a key, and what to restore.

    `what` is "secret" or "key", the end of the file's name too. `given`: the setting is set;
    `kept`: the file, or the database, has one.
    """
    if given:
        unset = ", or leave it unset if it was" if kept else ""
        return f"{setting} isn't the one used before, so {consequence}: set it as it was{unset}."
    if file is None:
        return f"{setting} isn't set as it was before, so {consequence}: set it as it was."
    found = f"holds another {what} than the one used before" if file.exists() else "isn't there"
    return (
        f"{file} {found}, so {consequence}: restore it from a backup, where it is FILE.{what}; "
        f"or, if {setting} was set, set it as it was."
    )
