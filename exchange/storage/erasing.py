"""The values that destroy a payload: gone from the row, and with it every reason to announce it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import case, func, null

from exchange.storage.tables import outbox


def erased(at: datetime) -> dict[str, object]:
    """Give the values that destroy a payload and call off its notice."""
    return {
        "payload": null(),
        "erased_at": func.coalesce(outbox.c.erased_at, at),
        **no_push(),
    }


def no_push() -> dict[str, object]:
    """Give the values that call off a notice that has not gone yet."""
    is_waiting = outbox.c.push_status == "wachtend"
    return {
        "push_status": case((is_waiting, "geen"), else_=outbox.c.push_status),
        "push_due_at": null(),
        "push_lease_until": null(),
    }
