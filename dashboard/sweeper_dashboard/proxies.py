"""Reverse proxies that are trusted to say who is asking, and from where."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from flask import request

from sweeper.errors import SweeperError
from sweeper.model.access import USER_HEADER

_HEADER = re.compile(r"[A-Za-z0-9-]{1,100}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxies:
    """The networks of the trusted proxies, and the header in which they name the user."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    header: str = USER_HEADER

    def trusts(self, address: str) -> bool:
        """Tell whether an address is one of a trusted proxy."""
        try:
            known = ip_address(address)
        except ValueError:
            return False
        if isinstance(known, IPv6Address) and known.ipv4_mapped is not None:
            known = known.ipv4_mapped
        return any(known in network for network in self.networks)

    def user(self) -> str | None:
        """Give the user whom a trusted proxy names; None where no trusted one names any."""
        if not self.trusts(request.remote_addr or ""):
            return None
        return request.headers.get(self.header) or None

    def origin(self) -> str:
        """Give the address that the request comes from, seen through trusted proxies."""
        peer = request.remote_addr or "unknown"
        if not self.trusts(peer):
            return peer
        # Only what a trusted proxy has appended is true: whoever asks may write the rest.
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
        return next((hop for hop in reversed(hops) if hop and not self.trusts(hop)), peer)


def read_proxies(given: Iterable[str], header: str = USER_HEADER) -> Proxies:
    """Read the addresses and networks of trusted proxies.

    Example:
        >>> read_proxies(["127.0.0.1", "10.1.0.0/16"]).trusts("10.1.2.3")
        True

    Raises:
        SweeperError: one is no address, or means everybody; or the header is none.
    """
    if not _HEADER.fullmatch(header):
        raise SweeperError(
            f"{header[:60]!r} cannot be a header", hint=f"Name one, as in {USER_HEADER}."
        )
    return Proxies(networks=tuple(_network(one) for one in given), header=header)


def _network(given: str) -> IPv4Network | IPv6Network:
    try:
        made = ip_network(given)
    except ValueError as error:
        raise SweeperError(
            f"{given!r} is not the address of a proxy",
            hint="Give an address or a network, as in 127.0.0.1 or 10.1.0.0/16.",
        ) from error
    if made.prefixlen == 0:
        raise SweeperError(
            f"{given} means everybody, who could then be anybody",
            hint="Give the address of the proxy alone.",
        )
    return made
