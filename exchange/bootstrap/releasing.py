"""Builds what a release is made with, and makes or withdraws one."""

from __future__ import annotations

from exchange.bootstrap.administration import Administration, administer
from exchange.bootstrap.law import open_law, open_necessity
from exchange.config import Settings
from exchange.figures.secure import Report
from exchange.messages.identifiers import Periode
from exchange.pipeline.release import Publisher, Released, release, withdraw


def make_release(
    settings: Settings, periode: Periode, budget_seconds: float, report: Report
) -> Released:
    """Release a month with the rights of the operator's login."""

    async def work(admin: Administration) -> Released:
        return await release(periode, _publisher(settings, admin, budget_seconds, report))

    return administer(settings, work)


def withdraw_release(settings: Settings, nummer: int) -> None:
    """Withdraw a release with the rights of the operator's login."""

    async def work(admin: Administration) -> None:
        await withdraw(nummer, _publisher(settings, admin, 0.0, _say_nothing))

    administer(settings, work)


def _publisher(
    settings: Settings, admin: Administration, budget_seconds: float, report: Report
) -> Publisher:
    return Publisher(
        mode=settings.mode,
        necessity=open_necessity(),
        law=open_law(),
        database=admin.database,
        keys=admin.keys(),
        clock=admin.clock,
        ids=admin.ids,
        budget_seconds=budget_seconds,
        report=report,
    )


def _say_nothing(_: str) -> None:
    """Who withdraws waits for nothing."""
