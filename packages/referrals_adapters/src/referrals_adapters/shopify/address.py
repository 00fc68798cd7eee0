"""
Where an order came from, as a digest that only one shop's orders can be compared by.

The address itself is never kept. The key comes from the app's secret, which nobody else has: with
a plain digest, whoever reads the database could try all addresses there are. When the secret is
rotated, digests from before and after it cannot be compared; a shared address then goes unnoticed
between the orders of both times, which is harmless, and better than a secret that lasts for ever.
"""

from __future__ import annotations

import hmac
import ipaddress
from typing import Final

import attrs

from referrals_domain.model.identifiers import AddressDigest

_LABEL: Final = b"referrals/order-address/1\0"
_LONGEST: Final = 45  # characters, an IPv6 address that ends in an IPv4 one
_HALF_A_DIGEST: Final = 16  # bytes: 128 bits of HMAC-SHA256
_NETWORK: Final = 8  # bytes: the /64 that a household has; the rest of an address is the device's


@attrs.frozen
class AddressKey:
    """
    What makes digests of the addresses of one shop's buyers.

    Args:
        secret: The app's secret.
        shop: The shop's domain, in any case.
    """

    _secret: str = attrs.field(repr=False)
    _shop: str = attrs.field(repr=False)

    def digest(self, ip: str) -> AddressDigest | None:
        """
        Return the digest of an IP address; None: the text is none.

        Of an IPv6 address the network counts, because a household's devices have one each.
        """
        network = _network(ip)
        if network is None:
            return None
        key = _hmac(self._secret.encode(), _LABEL + self._shop.lower().encode())
        return AddressDigest(_hmac(key, network)[:_HALF_A_DIGEST].hex())


def _network(ip: str) -> bytes | None:
    if not 0 < len(ip) <= _LONGEST:
        return None
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return mapped.packed if mapped else address.packed[:_NETWORK]
    return address.packed


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")
