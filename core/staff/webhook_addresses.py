"""The addresses to which events can be sent: by https, of the internet, or of allowed networks."""

from collections.abc import Collection, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from socket import inet_aton
from urllib.parse import SplitResult, urlsplit

from core.errors import StaffRefusalKind, StaffRefused
from core.i18n import TextTemplate, _

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_URL = 2000

PORTS = {"https": 443, "http": 80}

REFUSED: Sequence[Network] = [
    ip_network(network)
    for network in (
        "192.0.0.0/24",
        "192.88.99.0/24",
        "::/96",  # of an IPv4 address, and so are the next ones
        "::ffff:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/32",
        "2001:20::/28",
        "2002::/16",
        "3fff::/20",
        "fec0::/10",
    )
]
"""Networks that Python 3.11 takes for public, or may, and that aren't or lead to others."""


def is_public(address: Address) -> bool:
    """Return whether an address is one of the internet, and of a single machine."""
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not is_within(address, REFUSED)
    )


def is_within(address: Address, networks: Iterable[Network]) -> bool:
    """Return whether an address is in one of these networks."""
    return any(each.version == address.version and address in each for each in networks)


def check_url(url: str, networks: Collection[Network] = (), *, plain_http: bool = False) -> None:
    """Raise StaffRefused (invalid) unless events can be sent to that address, as far as it shows.

    `networks` are those that are allowed besides the internet; `plain_http`: its name leads into
    one of them. What another name leads to is only known when it is sent to.
    """
    parts = _parts(url)
    literal = _literal(parts.hostname or "")
    if literal is not None and not is_public(literal) and not is_within(literal, networks):
        raise _invalid(
            _(
                "{host} is no address of the internet. Events are sent there only if the "
                "technician allows its network (RANTEVOU_WEBHOOK_NETWORKS).",
                host=parts.hostname or "",
            )
        )
    if parts.scheme == "http" and not plain_http:
        raise _invalid(
            _(
                "By http, events are sent only into networks that the technician has allowed. "
                "Please give an address that begins with https://."
            )
        )


def place(url: str) -> tuple[object, ...]:
    """Return what two addresses that lead to the same have in common. Both were checked."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    return (parts.scheme, host, parts.port or PORTS[parts.scheme], parts.path or "/", parts.query)


def _parts(url: str) -> SplitResult:
    """Return the parts of an address. Raises StaffRefused (invalid), which says what is wrong."""
    if len(url) > MAX_URL:
        raise _invalid(_("The address must have at most {count} characters.", count=MAX_URL))
    if not url.isprintable() or " " in url:
        raise _invalid(_("There must be no space or control character in the address."))
    if not url.isascii():
        raise _invalid(
            _(
                "There must be only ASCII characters in the address: "
                "a name in Greek has a form that begins with xn--."
            )
        )
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets of IPv6
        parts = urlsplit("")
    if parts.scheme not in PORTS or not parts.hostname:
        raise _invalid(_("The address must be like https://example.gr/hook."))
    if parts.username is not None:
        raise _invalid(_("There must be no name or password in the address."))
    if parts.fragment:
        raise _invalid(_("There must be no # in the address."))
    if not _has_port(parts):
        raise _invalid(_("The port in the address must be a number from 1 to 65535."))
    return parts


def _has_port(parts: SplitResult) -> bool:
    """Return whether an address has a port that can be one, or none."""
    try:
        return parts.port != 0
    except ValueError:
        return False


def _literal(host: str) -> Address | None:
    """Return the address that a host is in itself, None for a name that is to be looked up."""
    host = host.rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761
        return ip_address("127.0.0.1")
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return ip_address(inet_aton(host))  # what resolvers take for one, too, such as 127.1
    except (OSError, ValueError):
        return None


def _invalid(text: TextTemplate) -> StaffRefused:
    return StaffRefused(StaffRefusalKind.INVALID, text)
