"""What is known round a message on its way in: one statement answers it for all who ask at once.

Who asks for the same party on the same day goes together, so that row security sees that party and
nobody else. Nothing is remembered: a policy that was put just now rules the next message.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import starmap
from operator import attrgetter
from typing import Any

from exchange.messages.identifiers import Oin, Schooljaar, Vestigingscode
from exchange.messages.verzuimmelding import Verzuimsoort
from exchange.policy.facts import Dagverzuim, Telstand, Verzuimbeleid
from exchange.storage import school_facts
from exchange.storage.counting import STANDS, UNAUTHORISED
from exchange.storage.database import Database
from exchange.storage.lane import Lane
from exchange.values import Value

_AT_ONCE = 64

# The first subquery says who asks. The arrays come out of it, and everything else is looked up for
# a row of theirs, so no plan can look before that is said; no length of theirs is known beforehand,
# so the plan that fits every number of questions is soon kept (planning costs ten times as much as
# answering). ``exchange.asked`` names the vestigingen that it is about: row security need not
# collect all others that the party sees.
# Plan: an index scan for each LATERAL and question; of the registrations only in the months of
# ``van`` to ``tot``. What is not asked is NULL, and finds nothing.
LOOK_UP = f"""
SELECT i.n,
       (SELECT true FROM idempotency k WHERE k.key_digest = i.key_digest) AS answered,
       b.versie, b.geldig_vanaf, b.lesuur_in_minuten, b.criteria,
       (SELECT k.lesvrij::text FROM schoolkalenders k
        WHERE k.vestigingscode = i.vestiging AND k.schooljaar = i.kalender) AS lesvrij,
       r.dagen, r.minuten, t.berichten, t.soorten, t.begins, t.einden
FROM (
    SELECT set_config('exchange.party', $1, true) AS party,
           set_config('exchange.today', $2, true) AS today,
           set_config('exchange.asked', $11, true) AS about,
           $3::bytea[] AS keys, $4::text[] AS vestigingen, $5::date[] AS policies,
           $6::smallint[] AS kalenders, $7::bytea[] AS pupils, $8::smallint[] AS schooljaren,
           $9::date[] AS firsts, $10::date[] AS lasts
    OFFSET 0
) AS who
CROSS JOIN LATERAL unnest(who.keys, who.vestigingen, who.policies, who.kalenders, who.pupils,
                          who.schooljaren, who.firsts, who.lasts) WITH ORDINALITY
    AS i(key_digest, vestiging, beleid_on, kalender, pupil, schooljaar, van, tot, n)
LEFT JOIN LATERAL (
    SELECT v.versie, v.geldig_vanaf, v.lesuur_in_minuten, v.criteria
    FROM verzuimbeleid v
    WHERE v.vestigingscode = i.vestiging AND v.geldig_vanaf <= i.beleid_on
    ORDER BY v.geldig_vanaf DESC, v.versie DESC LIMIT 1
) AS b ON true
LEFT JOIN LATERAL (
    SELECT array_agg(g.datum) AS dagen, array_agg(g.minuten) AS minuten
    FROM registrations g
    WHERE g.vestigingscode = i.vestiging AND g.pupil = i.pupil
      AND g.datum BETWEEN i.van AND i.tot AND {UNAUTHORISED}
) AS r ON true
LEFT JOIN LATERAL (
    SELECT array_agg(bericht_id) AS berichten, array_agg(verzuimsoort) AS soorten,
           array_agg(begin) AS begins, array_agg(eind) AS einden
    FROM telstand
    WHERE telstand.vestigingscode = i.vestiging AND telstand.schooljaar = i.schooljaar
      AND telstand.pupil = i.pupil AND {STANDS}
) AS t ON true
"""  # noqa: S608  both are constants of ``counting``


class Question(Value, frozen=True):
    """What is asked; a member that is None is not.

    ``beleid_on`` is the day whose policy rules, ``kalender`` the schooljaar of the calendar.
    ``pupil`` is the counting pseudonym, which holds for this vestiging and ``schooljaar``;
    ``registered`` are the first and last day of the registrations to count.
    """

    key_digest: bytes | None = None
    vestiging: Vestigingscode | None = None
    beleid_on: date | None = None
    kalender: Schooljaar | None = None
    pupil: bytes | None = None
    schooljaar: Schooljaar | None = None
    registered: tuple[date, date] | None = None


class Surroundings(Value, frozen=True):
    """What was found: nothing where nothing was asked, or where this party may not look.

    ``answered`` says that the idempotency key was, whoever may see the answer. ``registered`` is
    the unauthorised absence by day, ``meldingen`` are those that stand (one that its recipient
    refused does not: nobody has it); both oldest first.
    """

    answered: bool = False
    beleid: Verzuimbeleid | None = None
    kalender: tuple[tuple[date, date], ...] | None = None
    registered: tuple[Dagverzuim, ...] = ()
    meldingen: tuple[Telstand, ...] = ()


async def look_up(
    database: Database, party: Oin, today: date, questions: Sequence[Question]
) -> Sequence[Surroundings]:
    """Answer questions of one party in one round trip, in their order."""
    found = await database.ask(LOOK_UP, *columns_of(questions), party=party, today=today)
    by_number = {row["n"]: row for row in found}
    return [_found(by_number[number]) for number in range(1, len(questions) + 1)]


def columns_of(questions: Sequence[Question]) -> Sequence[object]:
    """Give what ``LOOK_UP`` takes after party and day: arrays, and the vestigingen named once."""
    named = {question.vestiging.reveal() for question in questions if question.vestiging}
    return *map(list, zip(*map(_asked, questions), strict=True)), " ".join(named)


class LookUps:
    """One lane for each party and day that has a question under way; an idle one is dropped."""

    def __init__(self, at_once: int = _AT_ONCE) -> None:
        self._at_once = at_once
        self._asking: dict[tuple[Oin, date], _Asking] = {}

    def __len__(self) -> int:
        return len(self._asking)

    async def ask(
        self, database: Database, party: Oin, today: date, question: Question
    ) -> Surroundings:
        """Answer one question, together with those that the same party asks at this moment."""
        who = (party, today)
        asking = self._asking.get(who)
        if asking is None:
            run = partial(look_up, database, party, today)
            asking = self._asking[who] = _Asking(Lane(run, most=self._at_once))
        asking.under_way += 1
        try:
            return await asking.lane.pass_through(question)
        finally:
            asking.under_way -= 1
            if not asking.under_way:
                del self._asking[who]


@dataclass(slots=True)
class _Asking:
    lane: Lane[Question, Surroundings]
    under_way: int = 0


def _asked(question: Question) -> tuple[object, ...]:
    van, tot = question.registered or (None, None)
    return (
        question.key_digest,
        question.vestiging.reveal() if question.vestiging else None,
        question.beleid_on,
        question.kalender.start if question.kalender else None,
        question.pupil,
        question.schooljaar.start if question.schooljaar else None,
        van,
        tot,
    )


def _found(row: Mapping[str, Any]) -> Surroundings:
    return Surroundings(
        answered=bool(row["answered"]),
        beleid=_beleid(row),
        kalender=_kalender(row["lesvrij"]),
        registered=_by_day(row),
        meldingen=_meldingen(row),
    )


def _beleid(row: Mapping[str, Any]) -> Verzuimbeleid | None:
    if row["versie"] is None:
        return None
    return Verzuimbeleid(
        row["versie"], row["geldig_vanaf"], row["lesuur_in_minuten"], frozenset(row["criteria"])
    )


def _kalender(lesvrij: str | None) -> tuple[tuple[date, date], ...] | None:
    return None if lesvrij is None else school_facts.periods_of(json.loads(lesvrij))


def _by_day(row: Mapping[str, Any]) -> tuple[Dagverzuim, ...]:
    if row["dagen"] is None:
        return ()
    minuten = Counter[date]()
    for day, lasting in zip(row["dagen"], row["minuten"], strict=True):
        minuten[day] += lasting
    return tuple(starmap(Dagverzuim, sorted(minuten.items())))


_OLDEST_FIRST = attrgetter("begin", "eind", "bericht_id")


def _meldingen(row: Mapping[str, Any]) -> tuple[Telstand, ...]:
    if row["berichten"] is None:
        return ()
    soorten = map(Verzuimsoort, row["soorten"])
    columns = row["berichten"], soorten, row["begins"], row["einden"]
    return tuple(sorted(map(Telstand, *columns), key=_OLDEST_FIRST))
