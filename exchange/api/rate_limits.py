"""What a party has left of its quotas, as header fields (draft-ietf-httpapi-ratelimit-headers)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from exchange.policy.quota import Standing

RawHeaders: TypeAlias = tuple[tuple[bytes, bytes], ...]
"""Header fields as ASGI carries them, names in lower case."""


def rate_limit_headers(standings: Iterable[Standing]) -> RawHeaders:
    """Give ``RateLimit-Policy`` and ``RateLimit``: lists of structured field items (RFC 9651).

    A policy states no unit (``qu``): the draft's registry has none for lines, the name says it.
    """
    policies, limits = [], []
    for standing in standings:
        quota, seconds = standing.quota, standing.seconds
        policies.append(f'"{quota.name}";q={quota.most};w={quota.seconds}')
        limit = f'"{quota.name}";r={standing.left}'
        limits.append(limit if seconds is None else f"{limit};t={seconds}")
    policy, left = ", ".join(policies), ", ".join(limits)
    return (b"ratelimit-policy", policy.encode()), (b"ratelimit", left.encode())
