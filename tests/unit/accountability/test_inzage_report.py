"""The report on one pupil reads as plain Dutch, names organisations only and says how far back."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from exchange.accountability.inzage import Inzage, Reach, Stroom, Verwerking, Wie
from exchange.accountability.inzage_report import how_far_back, in_words, sentences
from exchange.accountability.record import Action
from exchange.messages.contracts import CONTRACTS
from exchange.messages.identifiers import Schooljaar, Vestigingscode
from exchange.messages.outcome import Outcome
from exchange.messages.soort import Soort

SCHOOL, OTHER = Vestigingscode("99BB00"), Vestigingscode("99AA00")
YEAR = Schooljaar(2026)
REACH = Reach(date(2025, 8, 1), date(2026, 9, 1))
LAS, LEERPLICHT = Wie("LAS Noord", "00000099100000000000"), Wie("Leerplicht Alkmaar", "0" * 20)
OF_SCHOOL = Wie("De Regenboog", vestigingscode=str(SCHOOL))
ACCEPTED = Verwerking(
    entry=UUID(int=1),
    tijd=datetime(2026, 10, 3, 8, 12, tzinfo=UTC),
    actie=Action.AANGENOMEN,
    soort="signaal",
    activiteit="signaal-leerplicht/1",
    omschrijving="Signaal doorgeven",
    door=LAS,
    namens=OF_SCHOOL,
    aan=LEERPLICHT,
    velden=("pgn", "venster"),
    doel="Vroeg handelen",
    grondslag="LPW art. 21a",
    bericht_id=UUID(int=2),
    uitkomst=Outcome.OK,
    code=None,
    stromen=(),
    places=((SCHOOL, YEAR),),
)


def report(*done: Verwerking) -> Inzage:
    return Inzage(done, REACH, how_far_back(REACH), {str(SCHOOL): "De Regenboog"})


def text(**changes: object) -> str:
    ((section,),) = [sentences(report(replace(ACCEPTED, **changes)))]  # type: ignore[arg-type]  # its own members
    return section.zinnen[0].tekst


def test_an_acceptance_says_who_sent_it_for_whom_and_who_got_it() -> None:
    assert text() == (
        "Op 3 oktober 2026 om 10.12 uur nam de poort een signaal van zorgelijk verzuim aan van"
        " LAS Noord (namens De Regenboog, 99BB00) en gaf die door aan Leerplicht Alkmaar."
    )


def test_what_is_counted_is_said_with_the_roles_for_which_it_counts() -> None:
    counted = [
        Stroom(rol, None, f"{rol}/1", "x", "y", (), ("datum",)) for rol in ("college", "swv", "ocw")
    ]
    said = text(soort="verzuimregistraties", aan=None, stromen=tuple(counted))
    assert said.endswith(
        "een levering met registraties van verzuim aan van LAS Noord (namens De Regenboog, 99BB00)."
        " Het telt mee in cijfers voor de gemeente van de school, het samenwerkingsverband en het"
        " ministerie van OCW."
    )
    assert text(stromen=tuple(counted[:1])).endswith("in cijfers voor de gemeente van de school.")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"actie": Action.OPGEHAALD, "door": LEERPLICHT, "namens": None},
            "haalde Leerplicht Alkmaar een signaal van zorgelijk verzuim op.",
        ),
        (
            {"actie": Action.GEPARKEERD, "door": Wie("Verzuim Exchange"), "namens": None,
             "aan": OF_SCHOOL},
            "kreeg De Regenboog bericht dat een signaal van zorgelijk verzuim niet is opgehaald.",
        ),
        (
            {"actie": Action.VERZOEK_GEWEIGERD, "door": LEERPLICHT, "namens": None, "aan": None,
             "uitkomst": Outcome.GEWEIGERD, "code": "te-groot", "soort": None},
            "weigerde de poort een verzoek van Leerplicht Alkmaar over een bericht (te-groot).",
        ),
        (
            {"actie": Action.VERZOEK_MISLUKT, "uitkomst": Outcome.FOUT, "namens": None},
            "mislukte bij de poort een verzoek van LAS Noord; er is niets bewaard of getoond.",
        ),
        (
            {"actie": "iets-nieuws", "soort": None, "namens": None},
            "is over een bericht vastgelegd: iets nieuws, door LAS Noord.",
        ),
    ],
)  # fmt: skip
def test_other_acts_read_as_sentences(changes: dict[str, object], said: str) -> None:
    assert text(**changes).removeprefix("Op 3 oktober 2026 om 10.12 uur ") == said


def test_every_action_on_a_pupil_has_a_sentence_that_is_filled_in() -> None:
    for action in Action:
        said = text(actie=action)
        assert re.fullmatch(r"Op 3 oktober 2026 om 10\.12 uur [a-z][^{}]+\.", said), action


def test_what_concerns_two_schools_stands_at_both_and_the_newest_year_comes_first() -> None:
    before = ((OTHER, Schooljaar(2025)),)
    look = replace(ACCEPTED, actie=Action.INZAGE_GEGEVEN, places=(*before, (SCHOOL, YEAR)))
    found = sentences(report(replace(ACCEPTED, places=before), ACCEPTED, look))
    assert [(one.schooljaar, one.school, len(one.zinnen)) for one in found] == [
        ("2026-2027", "De Regenboog (99BB00)", 2),
        ("2025-2026", "99AA00", 2),
    ]


def test_how_far_back_it_reaches_is_said_per_kind() -> None:
    assert REACH.earliest == date(2025, 8, 1)
    assert "signalen en verzuimmeldingen over dagen vanaf 1 augustus 2025" in how_far_back(REACH)
    assert "registraties van verzuim over dagen vanaf 1 september 2026" in how_far_back(REACH)


def test_every_member_of_a_message_about_a_pupil_has_plain_words() -> None:
    about = (Soort.SIGNAAL, Soort.VERZUIMMELDING, Soort.VERZUIMREGISTRATIES, Soort.INTREKKING)
    members = {member for soort in about for member in CONTRACTS[soort].fields}
    assert [member for member in members if in_words(member) == member] == []
