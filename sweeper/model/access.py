"""How a dashboard is reached: where it listens, under which address, and behind which proxies."""

from __future__ import annotations

from dataclasses import dataclass

USER_HEADER = "X-Forwarded-User"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where a dashboard listens, and who may say who is asking.

    Args:
        host: where to listen.
        port: 0 takes any free one.
        token: lets one person in as admin; None makes one up where only this machine listens.
        address: what people open, as in https://sweeper.example.org, where a proxy hides us.
        proxies: addresses or networks of proxies that say in a header who is asking.
        user_header: that header.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    token: str | None = None
    address: str | None = None
    proxies: tuple[str, ...] = ()
    user_header: str = USER_HEADER
