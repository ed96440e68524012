"""Disks that fill up, and have room again."""

import os
import resource
import shutil
import subprocess
from pathlib import Path

import pytest

SIZE = 2 * 2**20


class Small:
    """A real disk of two megabytes; needs the right to mount."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        mount = ("mount", "-t", "tmpfs", "-o", f"size={SIZE}", "rantevou", str(folder))
        if not shutil.which("mount") or _run(*mount).returncode:
            pytest.skip("mounting a disk takes more rights than we have")

    def fill(self, _process: int) -> None:
        """Leave no room."""
        full = _run("dd", "if=/dev/zero", f"of={self.folder / 'ballast'}", "bs=4096")
        assert b"No space left" in full.stderr

    def free(self, _process: int) -> None:
        """Have room again."""
        (self.folder / "ballast").unlink()

    def close(self) -> None:
        """Be gone."""
        assert _run("umount", str(self.folder)).returncode == 0


class Limited:
    """The disk there is, of which a process may be forbidden more: so it goes everywhere."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def fill(self, process: int) -> None:
        """Forbid the process files longer than the longest is by now."""
        self._limit(process, max(file.stat().st_size for file in self.folder.iterdir()))

    def free(self, process: int) -> None:
        """Forbid it nothing."""
        self._limit(process, resource.RLIM_INFINITY)

    def close(self) -> None:
        """Leave it as it is."""

    def _limit(self, process: int, size: int) -> None:
        resource.prlimit(process, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


Disk = Small | Limited


def _run(*command: str) -> "subprocess.CompletedProcess[bytes]":
    plain = os.environ | {"LC_ALL": "C"}
    return subprocess.run(command, capture_output=True, check=False, env=plain)
