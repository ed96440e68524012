"""The network of a request's client, by which requests are limited and misuse is counted."""

from ipaddress import ip_address, ip_network

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


def client_network(request: HTTPConnection) -> str | None:
    """Return the network that a request comes from; None where the server doesn't know it."""
    return network(request.client.host) if request.client else None
