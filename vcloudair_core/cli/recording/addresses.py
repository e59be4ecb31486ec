"""Replace IP addresses and preserve their subnets, ranges and kinds.

A private address stays in its private range. A public address becomes a documentation address (RFC 5737). When no
documentation addresses are left, public addresses become benchmark addresses (RFC 2544). The last octet does not
change, so subnets of /24 and smaller keep their size.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_PRIVATE = [ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")]
_PUBLIC = [
    *(ip_network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")),
    *ip_network("198.18.0.0/15").subnets(new_prefix=24),
]
_FREE = [ip_network(text) for text in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")]
"""Addresses that identify no host. They are not replaced."""
_HOST_BITS = 8
_ADDRESS = re.compile(
    r"(?<![\w.:])\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2}(?!\d))?(?![\w.]|:\d)"
    r"|(?<![\w:.])[0-9a-f:]*::?[0-9a-f:]+(?![\w:])",
    re.IGNORECASE,
)


class AddressMap:
    """Map each IP address to a replacement address.

    ``key`` is a secret that is required to compute an original address from its replacement.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._public: dict[int, int] = {}

    def replace_in(self, text: str) -> str:
        """Return a string with all addresses, subnets and ranges replaced."""
        return _ADDRESS.sub(lambda match: self._replaced(match[0]), text)

    def _replaced(self, text: str) -> str:
        address, slash, prefix = text.partition("/")
        try:
            parsed = ip_address(address)
        except ValueError:
            return text
        if isinstance(parsed, IPv6Address):
            return str(self._ipv6(parsed))
        new = self.ipv4(parsed)
        if slash and prefix.isdecimal() and int(prefix) < 32 - _HOST_BITS:
            mask = int(ip_network(f"0.0.0.0/{prefix}").netmask)
            is_network = int(parsed) & ~mask == 0
            new = IPv4Address(int(new) & mask) if is_network else new
        return f"{new}{slash}{prefix}"

    def ipv4(self, address: IPv4Address) -> IPv4Address:
        """Return the replacement of an address."""
        if any(address in network for network in _FREE):
            return address
        number = int(address)
        for network in _PRIVATE:
            if address in network:
                return IPv4Address(self._within(number, network.prefixlen))
        subnet = number >> _HOST_BITS
        if subnet not in self._public:
            self._public[subnet] = int(_PUBLIC[len(self._public) % len(_PUBLIC)].network_address) >> _HOST_BITS
        return IPv4Address(self._public[subnet] << _HOST_BITS | number & 0xFF)

    def _within(self, number: int, prefix_length: int) -> int:
        """Return a private address with its middle bits replaced.

        The prefix of the private range and the last octet stay the same. If two addresses have a common prefix, their
        replacements have a common prefix of the same length. So subnets of any size stay together.
        """
        result = number
        for position in range(prefix_length, 32 - _HOST_BITS):
            prefix = number >> (32 - position)
            digest = hmac.new(self._key, f"{position}:{prefix}".encode(), hashlib.sha256).digest()
            result ^= (digest[0] & 1) << (31 - position)
        return result

    def _ipv6(self, address: IPv6Address) -> IPv6Address:
        """Return a documentation address (RFC 3849) with the last 16 bits of ``address``."""
        if address.is_loopback or address.is_unspecified or address.is_link_local or address.is_multicast:
            return address
        upper = hmac.new(self._key, str(int(address) >> 64).encode(), hashlib.sha256).digest()[:4]
        return IPv6Address(0x20010DB8 << 96 | int.from_bytes(upper, "big") << 64 | int(address) & 0xFFFF)
