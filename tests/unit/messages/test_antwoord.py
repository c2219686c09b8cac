"""An answer and a report have a reason exactly when they need one."""

from __future__ import annotations

from itertools import product

import pytest

from exchange.errors import Code, Invalid
from exchange.messages.antwoord import (
    Afsluitreden,
    Behandeling,
    Bevestiging,
    Terugmelding,
    Uitkomst,
    WeigerReden,
)


def refused(body: Bevestiging | Terugmelding) -> tuple[str, Code] | None:
    """Give pointer and code of what is wrong."""
    try:
        body.require_consistent()
    except Invalid as invalid:
        (fault,) = invalid.violations
        return fault.pointer, fault.code
    return None


@pytest.mark.parametrize(("uitkomst", "reden"), list(product(Uitkomst, (None, *WeigerReden))))
def test_a_refusal_has_a_reason_and_nothing_else_has(
    uitkomst: Uitkomst, reden: WeigerReden | None
) -> None:
    needed = uitkomst is Uitkomst.GEWEIGERD
    expected = None
    if needed and reden is None:
        expected = ("/reden", Code.VERPLICHT_VELD)
    if not needed and reden is not None:
        expected = ("/reden", Code.WAARDE_ONGELDIG)
    assert refused(Bevestiging(uitkomst=uitkomst, reden=reden)) == expected


@pytest.mark.parametrize(("status", "reden"), list(product(Behandeling, (None, *Afsluitreden))))
def test_a_closed_case_has_a_reason_and_an_open_one_has_none(
    status: Behandeling, reden: Afsluitreden | None
) -> None:
    needed = status is Behandeling.AFGESLOTEN
    expected = None
    if needed and reden is None:
        expected = ("/afsluitreden", Code.VERPLICHT_VELD)
    if not needed and reden is not None:
        expected = ("/afsluitreden", Code.WAARDE_ONGELDIG)
    assert refused(Terugmelding(status=status, afsluitreden=reden)) == expected
