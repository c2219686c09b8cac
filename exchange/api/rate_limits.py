"""What a party has left of its quotas, as header fields (draft-ietf-httpapi-ratelimit-headers)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from exchange.policy.quota import Standing


def rate_limit_headers(standings: Iterable[Standing]) -> Mapping[str, str]:
    """Give ``RateLimit-Policy`` and ``RateLimit``: lists of structured field items (RFC 9651).

    A policy states no unit (``qu``): the draft's registry has none for lines, the name says it.
    """
    known = tuple(standings)
    return {
        "ratelimit-policy": ", ".join(
            f'"{s.quota.name}";q={s.quota.most};w={s.quota.seconds}' for s in known
        ),
        "ratelimit": ", ".join(_service_limit(s) for s in known),
    }


def _service_limit(standing: Standing) -> str:
    limit = f'"{standing.quota.name}";r={standing.left}'
    return limit if standing.seconds is None else f"{limit};t={standing.seconds}"
