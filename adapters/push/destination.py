"""Where a notice may go: an https URL without secrets in it, and never into a private network."""

from __future__ import annotations

import re
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

import httpx

from exchange.errors import Code, Invalid, Violation

_TRANSLATED: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
"""NAT64 (RFC 6052, RFC 8215): an IPv4 address in disguise, maybe a private one."""

_ASSIGNED: Final = IPv6Network("2000::/3")
"""Where public hosts live in IPv6 (RFC 4291); site-local addresses (fec0::/10) do not."""

_NOT_HOSTS: Final = (
    IPv4Network("192.0.0.0/24"),  # protocol assignments, some of which count as global
    IPv4Network("192.88.99.0/24"),  # relays of 6to4 (RFC 7526)
    IPv6Network("2001::/23"),  # protocol assignments, some global to newer libraries (RFC 2928)
    IPv6Network("3fff::/20"),  # documentation (RFC 9637), newer than the library's list
)

_URL: Final = re.compile(
    r"https://(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?(?:[/?][!\"$-~]*)?"
)
"""RFC 3986 without user information and fragment, in visible ASCII; IDNA names in their A-form."""

_HIGHEST_PORT: Final = 65535
_MALFORMED: Final = "Een push-adres is een https-URL met een host, zonder gebruikersnaam of #."


def push_target(url: str) -> httpx.URL:
    """Read the URL that a recipient registered.

    Raises ``Invalid`` unless it is https with a host; a name or password in it would be sent along.
    """
    if _URL.fullmatch(url):
        with suppress(httpx.InvalidURL):
            target = httpx.URL(url)
            if (target.port or 0) <= _HIGHEST_PORT:
                return target
    raise Invalid([Violation("/pushUrl", Code.WAARDE_ONGELDIG, _MALFORMED)])


def is_public(address: str) -> bool:
    """Whether an address is one host on the public internet (IANA special-purpose registries).

    Addresses that carry another one inside (mapped, 6to4, Teredo, NAT64) are not: which network
    they end in is for a router to decide.
    """
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address) and (parsed not in _ASSIGNED or _carries_another(parsed)):
        return False
    if any(parsed in network for network in _NOT_HOSTS):
        return False
    return parsed.is_global and not _is_for_many(parsed)


def _carries_another(address: IPv6Address) -> bool:
    embedded = address.ipv4_mapped or address.sixtofour or address.teredo
    return embedded is not None or any(address in network for network in _TRANSLATED)


def _is_for_many(address: IPv4Address | IPv6Address) -> bool:
    return address.is_multicast or address.is_reserved or address.is_unspecified
