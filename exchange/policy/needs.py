"""Which facts the rules of each kind of message look at: what they do not need is not asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType

from exchange.messages.contracts import Values
from exchange.messages.soort import Soort
from exchange.messages.verzuimmelding import Verzuimsoort
from exchange.values import Value


class Needs(Value, frozen=True):
    """What the rules need of ``Facts``, beside what is in memory.

    ``registered`` are the first and last day of the registrations that they count; ``meldingen``
    and they are only there for a pupil.
    """

    beleid: bool = False
    kalender: bool = False
    meldingen: bool = False
    registered: tuple[date, date] | None = None


NOTHING = Needs()


def needs_of(soort: Soort, values: Values) -> Needs:
    """Give what the rules of ``soort`` need for these well-formed members."""
    return _NEEDS[soort](values)


def _of_signaal(values: Values) -> Needs:
    """Every rule that looks anything up looks at the venster; without one it never gets there."""
    venster = values.get("venster")
    if venster is None:
        return NOTHING
    return Needs(beleid=True, kalender=True, meldingen=True, registered=(venster.van, venster.tot))


def _of_verzuimmelding(values: Values) -> Needs:
    """The lesuur of the policy makes the limit of a 16-uur melding, and of no other."""
    counted = values.get("verzuimsoort") is Verzuimsoort.ZESTIEN_UUR
    return Needs(beleid=counted, kalender=True, meldingen=True)


def _of_intrekking(_: Values) -> Needs:
    return NOTHING


_NEEDS: Mapping[Soort, Callable[[Values], Needs]] = MappingProxyType(
    {
        Soort.SIGNAAL: _of_signaal,
        Soort.VERZUIMMELDING: _of_verzuimmelding,
        Soort.INTREKKING: _of_intrekking,
    }
)
