"""Connections to a server of mail (SMTP, IMAP): whom they trust, and why they fail, in words."""

import ssl
from pathlib import Path

from bot.platforms.failures import causes


def setting_names(account: str) -> str:
    """Return the beginning of the names of an account's settings."""
    return f"RANTEVOU_{account.replace(':', '__').upper()}__"


def tls_context(certificate: Path | None) -> ssl.SSLContext:
    """Return what checks a server's certificate, by a file that is trusted alone if it is given."""
    context = ssl.create_default_context(cafile=certificate)
    if certificate is not None:
        # Whoever has the key of this one is the server, whatever name it states.
        context.check_hostname = False
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def is_caused_by(error: BaseException, kind: type[Exception]) -> bool:
    """Return whether an error of that type has caused another."""
    return any(isinstance(cause, kind) for cause in causes(error))


def connection_failure(error: BaseException, name: str) -> str | None:
    """Return why a server can't be connected to; None for a failure of another kind.

    `name` is the beginning of the names of its settings.
    """
    if is_caused_by(error, ssl.SSLCertVerificationError):
        return (
            "its certificate isn't trusted; if it is its own, save it as a file and name that "
            f"in {name}CERTIFICATE"
        )
    if is_caused_by(error, ssl.SSLError):
        return f"doesn't speak TLS there; look at {name}TLS and {name}PORT"
    if isinstance(error, TimeoutError):
        return "no answer in time; look at the network and a firewall"
    if isinstance(error, OSError):
        return f"can't be reached; look at {name}HOST, {name}PORT and a firewall"
    return None
