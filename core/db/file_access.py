"""Files that this process may not use, mostly because they are another user's."""

import os
import pwd
from pathlib import Path

READ_WRITE = os.R_OK | os.W_OK


def cure_of(path: Path, files: str = "") -> str:
    """Return what keeps this user from a file, whose that is, and how to give it to them.

    "" where their rights aren't at fault. `files` is what to give where it is the file: by default,
    the file alone.
    """
    path = path.absolute()
    needs = dict.fromkeys(reversed(path.parents), os.X_OK) | {path: READ_WRITE}
    in_the_way = (each for each, mode in needs.items() if not _has(each, mode))
    try:
        # Without any of these, what is in the way is that no file can be put into the folder.
        culprit = next(in_the_way, path.parent)
        if culprit == path.parent and _has(culprit, READ_WRITE | os.X_OK):
            return ""
        if os.statvfs(culprit).f_flag & os.ST_RDONLY:  # whoever owns it
            return ""
        owner, user = _name(culprit.stat().st_uid), _name(os.geteuid())
    except OSError:
        return ""
    if owner == user:
        return f". Its owner {user} may not use {culprit}: chmod u+rwX {culprit}"
    said = f". {culprit} belongs to {owner}, and this is run by {user}"
    if culprit not in (path, path.parent):  # such as /root, which isn't to be given away
        return said
    return f"{said}: as root, chown {user} {files if files and culprit == path else culprit}"


def _has(path: Path, mode: int) -> bool:
    """Return whether this user has these rights, as far as there is such a file."""
    return not path.exists() or os.access(path, mode, effective_ids=True)


def _name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
