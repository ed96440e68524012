"""Programs that tests need besides the Python packages, and the Debian packages that bring them.

`make test` installs what is missing where it may; elsewhere the tests that need it are skipped, and
a line at the end says so. Where CI is set, as in .ci/run, they fail instead.
"""

import ctypes
import os
import shutil

import pytest

CHROMIUM = "chromium-headless-shell"
LIBATOMIC = "libatomic1"
NGINX = "nginx"
OPENSSL = "openssl"
CURL = "curl"

NAMES = {
    CHROMIUM: (CHROMIUM, "chromium"),
    LIBATOMIC: ("libatomic.so.1",),  # Playwright's own Node.js needs it
    NGINX: (NGINX,),
    OPENSSL: (OPENSSL,),
    CURL: (CURL,),
}
"""The names of the program that each package brings, the preferred one first."""

WANTING = "a program isn't installed that it needs: "


def path_of(package: str) -> str | None:
    """Return the path of the program that a package brings; None where it isn't installed."""
    if package == LIBATOMIC:
        return _library(*NAMES[package])
    places = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"  # not in the PATH of a user
    return next(filter(None, (shutil.which(name, path=places) for name in NAMES[package])), None)


def _library(name: str) -> str | None:
    try:
        return str(ctypes.CDLL(name)._name)
    except OSError:
        return None


def missing() -> list[str]:
    """Return the packages whose programs aren't installed."""
    return [package for package in NAMES if not path_of(package)]


def needed(package: str) -> str:
    """Return the path of the program that a package brings; skip the test where there is none."""
    if found := path_of(package):
        return found
    if os.environ.get("CI"):
        pytest.fail(f"{WANTING}{package}", pytrace=False)
    pytest.skip(f"{WANTING}{package}")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say in the last line how many tests `needed` skipped, and what to install."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if not reporter:
        return  # a process of pytest-xdist
    skipped = reporter.stats.get("skipped", [])
    if count := sum(WANTING in str(report.longrepr) for report in skipped):
        install = f"apt install {' '.join(missing())}"
        reporter.write_line(f"{count} skipped for want of a program; on Debian: {install}")


if __name__ == "__main__":  # `make test` installs them
    print(*missing())  # noqa: T201
