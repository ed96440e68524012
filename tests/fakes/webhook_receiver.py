"""A program that receives events over https, with a certificate of its own."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.fakes.http_server import Answer, Request, listening

HERE = (ip_network("127.0.0.0/8"),)
"""The networks in which it is, which must be allowed."""

TAKEN = Answer(204, b"")


class WebhookReceiver:
    """Keeps the requests; answers as `answers` says, by default that it took them."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[Request] = []
        self.answers: list[Answer] = []
        """The answers to the next requests."""
        self.always = TAKEN
        """The answer to all later ones."""

    def respond(self, request: Request) -> Answer:
        if len(request.body) < int(request.headers["content-length"]):
            return Answer(0, None)  # the sender was killed meanwhile
        self.requests.append(request)
        return self.answers.pop(0) if self.answers else self.always

    @property
    def ids(self) -> list[str]:
        """The ids of the events, as they came."""
        return [request.headers["webhook-id"] for request in self.requests]


@contextmanager
def webhook_receiver(tls: ssl.SSLContext) -> Iterator[WebhookReceiver]:
    """Run one meanwhile."""
    receiver = WebhookReceiver()
    with listening(receiver.respond, tls) as url:
        receiver.url = url
        yield receiver


def alternative_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def certificate(folder: Path, *names: str) -> tuple[Path, ssl.SSLContext]:
    """Make a certificate for names, or addresses; return its file, and what a server needs.

    An address needs no resolver: a bare machine may not know localhost.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName(map(alternative_name, names)), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file, key_file = folder / "certificate.pem", folder / "key.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key_file)
    return file, context
