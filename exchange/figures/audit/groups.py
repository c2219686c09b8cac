"""Says which figures a group of pupils could have: how the measures of a vestiging bind each other.

Every pupil has minutes of both kinds, together no more than planned; their sum puts it in a tier;
whoever has a minute of the unauthorised kind counts in the number. Of given tiers, number and
minutes a group of pupils exists exactly if ``possible`` says so; a test compares every small case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from exchange.policy.law import Parameters
from exchange.policy.schoolcijfers import Tier, tiers


@dataclass(frozen=True, slots=True)
class Bounds:
    """The absent minutes of one pupil in each tier, all inclusive; the first starts at zero.

    ``absent_in_first``: whether somebody can be absent at all and still be in the first tier.
    ``empty_second`` and ``empty_third``: no whole minute puts anybody there.
    """

    most_first: int
    least_second: int
    most_second: int
    least_third: int
    most_third: int

    @property
    def absent_in_first(self) -> bool:
        """Whether a pupil in the first tier can have missed a minute."""
        return self.most_first > 0

    @property
    def empty_second(self) -> bool:
        """Whether nobody can be in the second tier."""
        return self.least_second > self.most_second

    @property
    def empty_third(self) -> bool:
        """Whether nobody can be in the third tier."""
        return self.least_third > self.most_third


@dataclass(frozen=True, slots=True)
class Room:
    """What the minutes may be, all inclusive, once tiers and number are given."""

    least_excused: int
    most_excused: int
    least_unexcused: int
    most_unexcused: int
    least_together: int
    most_together: int

    def fits(self, excused: int, unexcused: int) -> bool:
        """Whether these minutes are within all six bounds."""
        return (
            self.least_excused <= excused <= self.most_excused
            and self.least_unexcused <= unexcused <= self.most_unexcused
            and self.least_together <= excused + unexcused <= self.most_together
        )


def bounds_of(planned: int, numbers: Parameters) -> Bounds:
    """Give the bounds for pupils with ``planned`` minutes each."""
    first, second, third = tiers(planned, numbers)
    return Bounds(first.most, *_ends(second), *_ends(third))


def room(bounds: Bounds, in_tiers: Sequence[int], number: int) -> Room | None:
    """Give what the minutes may be; None if there is no such group whatever they are.

    Those with unauthorised minutes stand as far down the tiers as they can: that leaves every
    bound at its widest at once, so no other way to place them needs to be looked at.
    """
    first, second, third = in_tiers
    if min(first, second, third, number) < 0 or number > first + second + third:
        return None
    if (second and bounds.empty_second) or (third and bounds.empty_third):
        return None
    of_third = min(number, third)
    of_second = min(number - of_third, second)
    of_first = number - of_third - of_second
    if of_first and not bounds.absent_in_first:
        return None
    most = first * bounds.most_first + second * bounds.most_second + third * bounds.most_third
    return Room(
        least_excused=(second - of_second) * bounds.least_second
        + (third - of_third) * bounds.least_third,
        most_excused=most - number,
        least_unexcused=number,
        most_unexcused=of_first * bounds.most_first
        + of_second * bounds.most_second
        + of_third * bounds.most_third,
        least_together=of_first + second * bounds.least_second + third * bounds.least_third,
        most_together=most,
    )


def possible(bounds: Bounds, figures: Sequence[int]) -> bool:
    """Whether a group exists with these excused and unexcused minutes, number and three tiers."""
    excused, unexcused, number, *in_tiers = figures
    found = room(bounds, in_tiers, number)
    return found is not None and found.fits(excused, unexcused)


def _ends(tier: Tier) -> tuple[int, int]:
    return tier.least, tier.most
