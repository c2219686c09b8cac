"""A vestiging fits a gemeente that exists, a region of its postcode, and one register."""

from dataclasses import replace
from datetime import date
from types import MappingProxyType

import pytest

from exchange.messages.identifiers import Gemeentecode, Postcode4, Vestigingscode
from exchange.policy.changes import Dated
from exchange.policy.fitting import Fit, Registered, Surroundings, fit
from exchange.policy.parties import Sector
from exchange.policy.registers import About, Misfit, Regio, Register, VestigingenFile, VestigingLine

DAY = date(2026, 11, 21)
CODE, ALKMAAR, POSTCODE = Vestigingscode("12AB00"), Gemeentecode("0361"), Postcode4("1811")
REGISTERED = Registered(ALKMAAR, Sector.PO, "PO2703", "De Regenboog", "41234", POSTCODE, "bo")
LINE = VestigingLine(7, CODE, ALKMAAR, Sector.PO, POSTCODE, "De Regenboog", "41234")


def fitted(
    line: VestigingLine = LINE,
    register: Register = Register.BO,
    *,
    regio: Regio = Regio("PO2703", "VO2703"),  # noqa: B008  frozen
    before: Dated[Registered] | None = None,
) -> Fit:
    file = VestigingenFile(About(register, "", 1, ""), (line,), (Misfit(9, "x", "y"),))
    latest = MappingProxyType({CODE: before} if before else {})
    return fit(file, Surroundings(DAY, {ALKMAAR}, {POSTCODE: regio}, latest))


def test_what_fits_gets_the_samenwerkingsverband_of_its_postcode() -> None:
    said, misfits = fitted()
    assert said == {CODE: REGISTERED}
    assert misfits == (Misfit(9, "x", "y"),)  # what the reader found stays in the report


@pytest.mark.parametrize(
    ("line", "regio", "reason"),
    [
        (
            VestigingLine(7, CODE, Gemeentecode("0398"), Sector.PO, POSTCODE, None, None),
            None,
            "0398",
        ),
        (VestigingLine(7, CODE, ALKMAAR, Sector.PO, None, None, None), None, "zonder postcode"),
        (VestigingLine(7, CODE, ALKMAAR, Sector.PO, Postcode4("3197"), None, None), None, "3197"),
        (LINE, Regio(None, "VO2703"), "geen samenwerkingsverband voor po"),
    ],
)
def test_what_does_not_fit_gets_a_reason_and_no_default(
    line: VestigingLine, regio: Regio | None, reason: str
) -> None:
    said, misfits = fitted(line, regio=regio or Regio("PO2703", "VO2703"))
    assert said == {}
    assert (misfits[0].line, misfits[0].key) == (7, "12AB00")
    assert reason in misfits[0].reason


@pytest.mark.parametrize(
    ("last_day", "fits"), [(None, False), (DAY, False), (date(2026, 11, 20), True)]
)
def test_a_vestiging_of_another_register_fits_only_after_that_one_ended_it(
    last_day: date | None, fits: bool
) -> None:
    before = Dated(REGISTERED, date(2020, 8, 1), last_day)
    said, misfits = fitted(register=Register.VO, before=before)
    assert bool(said) is fits
    assert len(misfits) == (1 if fits else 2)


@pytest.mark.parametrize(
    ("own", "last_day", "fits"),
    [
        (Sector.VO, None, False),
        (Sector.VO, DAY, False),
        (Sector.VO, date(2026, 11, 20), True),
        (Sector.PO, None, True),
    ],
)
def test_a_vestiging_of_our_own_keeps_its_sector_as_long_as_it_stands(
    own: Sector, last_day: date | None, fits: bool
) -> None:
    ours = replace(REGISTERED, sector=own, bron=None)
    said, misfits = fitted(before=Dated(ours, date(2020, 8, 1), last_day))
    assert bool(said) is fits
    assert [m.key for m in misfits] == (["x"] if fits else [str(CODE), "x"])
    assert fits or "vo" in misfits[0].reason


def test_what_a_file_does_not_say_is_kept() -> None:
    silent = VestigingLine(7, CODE, ALKMAAR, Sector.PO, POSTCODE, None, None)
    said, _ = fitted(silent, before=Dated(REGISTERED, date(2020, 8, 1)))
    assert said == {CODE: REGISTERED}
