"""Which IP addresses belong to the public internet, and to nobody's inside."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"), IPv6Network("2002::/16"))
"""IPv6 ranges that lead to an IPv4 address, private ones included (NAT64, 6to4)."""


def is_public(address: str) -> bool:
    """Whether a stranger may be reached there; an IPv4 address within an IPv6 one counts itself."""
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        elif any(parsed in network for network in TRANSLATED):
            return False
    return parsed.is_global and not parsed.is_multicast
