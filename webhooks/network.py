"""The network of a request's client, by which requests are limited and misuse is counted."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from starlette.requests import HTTPConnection


def network(address: str) -> str:
    """Return an IPv4 address as it is, and the /64 of an IPv6 address: one customer has a whole."""
    try:
        ip = ip_address(address)
    except ValueError:  # a socket's name
        return address
    if ip.version == 4:
        return address
    return str(ip.ipv4_mapped or ip_network((int(ip), 64), strict=False))


def client_network(
    connection: HTTPConnection, exempt: Iterable[IPv4Network | IPv6Network] = ()
) -> str | None:
    """Return the network that a request comes from; None where its address is exempt from limits.

    It is "" where the server doesn't know the address.
    """
    if connection.client is None:
        return ""
    host = connection.client.host
    return None if exempt and _is_in(host, exempt) else network(host)


def _is_in(address: str, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if ip.version == 6:
        ip = ip.ipv4_mapped or ip
    return any(ip in each for each in networks)
