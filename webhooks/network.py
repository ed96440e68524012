"""The network that a client's address belongs to."""

from ipaddress import ip_address, ip_network


def network(address: str) -> str:
    """Whose address it is: with IPv6, one customer has a whole /64."""
    try:
        ip = ip_address(address)
    except ValueError:  # a socket's name
        return address
    if ip.version == 4:
        return address
    return str(ip.ipv4_mapped or ip_network((int(ip), 64), strict=False))
