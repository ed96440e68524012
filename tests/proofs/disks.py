"""Disks that are full for a while."""

import os
import resource
import shutil
import subprocess
from pathlib import Path

import pytest

SIZE = 2 * 2**20


class SmallDisk:
    """A tmpfs of two megabytes; mounting it takes root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        mount = ("mount", "-t", "tmpfs", "-o", f"size={SIZE}", "rantevou", str(folder))
        if not shutil.which("mount") or _run(*mount).returncode:
            pytest.skip("mounting a disk takes root")

    def fill(self, _process: int) -> None:
        """Fill the disk."""
        full = _run("dd", "if=/dev/zero", f"of={self.folder / 'ballast'}", "bs=4096")
        assert b"No space left" in full.stderr

    def free(self, _process: int) -> None:
        """Free the space again."""
        (self.folder / "ballast").unlink()

    def close(self) -> None:
        """Unmount it."""
        assert _run("umount", str(self.folder)).returncode == 0


class LimitedDisk:
    """An ordinary folder, with a limit on the size of a process's files; needs no rights."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def fill(self, process: int) -> None:
        """Limit the process's files to the size of the log to which SQLite appends."""
        (log,) = self.folder.glob("*-wal")
        self._limit(process, log.stat().st_size)

    def free(self, process: int) -> None:
        """Remove the limit."""
        self._limit(process, resource.RLIM_INFINITY)

    def close(self) -> None:
        """Do nothing: there is nothing to unmount."""

    def _limit(self, process: int, size: int) -> None:
        resource.prlimit(process, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


Disk = SmallDisk | LimitedDisk


def _run(*command: str) -> "subprocess.CompletedProcess[bytes]":
    plain = os.environ | {"LC_ALL": "C"}
    return subprocess.run(command, capture_output=True, check=False, env=plain)
