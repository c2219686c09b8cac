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
    known = tuple(standings)
    policies = ", ".join([f'"{q.name}";q={q.most};w={q.seconds}' for q in (s.quota for s in known)])
    limits = ", ".join([_service_limit(s) for s in known])
    return (b"ratelimit-policy", policies.encode()), (b"ratelimit", limits.encode())


def _service_limit(standing: Standing) -> str:
    limit = f'"{standing.quota.name}";r={standing.left}'
    return limit if standing.seconds is None else f"{limit};t={standing.seconds}"
