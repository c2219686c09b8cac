"""Which parts a sandbox runs: the command of each, its log, and how long it may take to stop."""

from __future__ import annotations

from exchange.sandbox.layout import Layout
from exchange.sandbox.parts.part import PartPlan

_GATEWAY_STOPS_SECONDS = 12.0  # it lets requests finish


def gateway(layout: Layout) -> PartPlan:
    """Plan the gateway; the others depend on it."""
    command = ("serve", "--dir", str(layout.root))
    return PartPlan("gateway", command, layout.logs / "gateway.log", _GATEWAY_STOPS_SECONDS)


def workers(layout: Layout) -> PartPlan:
    """Plan the workers."""
    command = ("work", "--dir", str(layout.root))
    return PartPlan("workers", command, layout.logs / "workers.log")


def receiver(layout: Layout, party: str) -> PartPlan:
    """Plan the reference receiver of a leerplicht party."""
    command = ("receive", "--dir", str(layout.root), "--party", party)
    return PartPlan(party, command, layout.logs / f"{party}.log")
