"""Lines that fall out: counted all, kept by the thousand, told in the order of the file."""

from __future__ import annotations

import pytest

from exchange.errors import Code, Invalid, NothingAccepted, Refused, Violation
from exchange.pipeline.registrations.stages import Line, Refusals, ValidLine

BAD = Violation("/minuten", Code.WAARDE_ONGELDIG, "fout")


def refuse(line: Line) -> ValidLine:
    """Refuse every line: odd ones for their form, even ones for want of a mandate."""
    if line.number % 2:
        raise Invalid([BAD])
    raise Refused(Code.GEEN_MANDAAT)


def lines(count: int) -> list[Line]:
    """Give numbered lines."""
    return [Line(number, b"{}") for number in range(1, count + 1)]


def test_every_line_is_counted_and_the_first_thousand_are_kept() -> None:
    refusals = Refusals(alone=False)
    assert refusals.sift(refuse, lines(1_500)) == []
    assert refusals.count == 1_500
    assert [refusal.number for refusal in refusals.in_order()] == list(range(1, 1_001))


def test_a_refusal_for_want_of_a_mandate_points_at_the_vestiging() -> None:
    refusals = Refusals(alone=False)
    refusals.sift(refuse, lines(2))
    assert [refusal.as_json() for refusal in refusals.in_order()] == [
        {
            "regel": 1,
            "fouten": [{"pointer": "/minuten", "code": "waarde-ongeldig", "detail": "fout"}],
        },
        {
            "regel": 2,
            "fouten": [
                {
                    "pointer": "/vestigingscode",
                    "code": "geen-mandaat",
                    "detail": "U mag vandaag niet over deze dag voor deze vestiging leveren.",
                }
            ],
        },
    ]


def test_a_single_registration_is_refused_by_its_own_error() -> None:
    with pytest.raises(Refused, match="geen-mandaat"):
        Refusals(alone=True).sift(refuse, [Line(2, b"{}")])


def test_no_good_line_has_the_code_of_the_first_line_and_the_number_in_each_pointer() -> None:
    closed = Violation("/datum", Code.PERIODE_GESLOTEN, "dicht")
    error = NothingAccepted([(3, (closed,)), (7, (BAD, closed))])
    assert error.code is Code.PERIODE_GESLOTEN
    assert [v.pointer for v in error.violations] == ["/3/datum", "/7/minuten", "/7/datum"]
