"""What pages show of what the pipeline gives, in words."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from exchange.accountability.custody import Custody, Step, View
from exchange.accountability.record import Action
from exchange.console.views.entry import entry_page
from exchange.console.views.findings import MOST_SHOWN, findings_page
from exchange.console.views.integrity import check_result, integrity_page
from exchange.console.views.message import message_page
from exchange.console.views.overview import overview_page
from exchange.console.views.search import address, found
from exchange.console.views.search_form import Books, read_search
from exchange.console.views.spans import chosen_span
from exchange.console.views.table import Fact, Table
from exchange.messages.identifiers import Oin
from exchange.pipeline.findings import Finding, Review, ReviewOutcome
from exchange.pipeline.log_overview import ActorCount, DayCount, Overview
from exchange.pipeline.logbook import Cosigned, Integrity
from exchange.pipeline.logregels import Logregel, Party
from exchange.policy.finding_rules import Rule, RuleName
from exchange.policy.parties import Party as Connected
from exchange.policy.parties import empty_directory
from exchange.storage.rows import Page

AT = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
ENTRY, BERICHT = UUID(int=7), UUID(int=8)
ALKMAAR = Oin("00000099100000001000")
DIRECTORY = replace(
    empty_directory(), parties={ALKMAAR: Connected(ALKMAAR, "Gemeente Alkmaar", ())}
)


def text_of(shown: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in shown.rows]


def facts_of(facts: tuple[Fact, ...]) -> dict[str, str]:
    return {fact.name: fact.text for fact in facts}


# --- overview ---


def test_the_overview_counts_by_day_act_and_party() -> None:
    counted = Overview(
        date(2026, 11, 17),
        date(2026, 11, 18),
        (
            DayCount(date(2026, 11, 17), "bericht-opgehaald", "ok", 3),
            DayCount(date(2026, 11, 18), "bericht-opgehaald", "ok", 1_200),
            DayCount(date(2026, 11, 18), "verzoek-geweigerd", "geweigerd", 2),
        ),
        (ActorCount(Party(str(ALKMAAR), "Gemeente Alkmaar"), 1_203),),
    )
    page = overview_page(counted, 0, 30)
    assert page.summary == "1.205 logregels in 2 dagen."
    assert text_of(page.days) == [
        ["18 november 2026", "1.202", "1.200", "2", "0"],
        ["17 november 2026", "3", "3", "0", "0"],
    ]
    assert text_of(page.actions)[1] == ["Verzoek geweigerd", "2", "0", "2", "0"]
    assert page.parties.rows[0][0].href.endswith(f"actor={ALKMAAR}")
    assert facts_of(page.state)["Wat opvalt"] == "bekijk de bevindingen"
    assert facts_of(page.state)["Verzegeling van het logboek"] == "is bij"


def test_the_overview_says_how_far_sealing_is_behind() -> None:
    nothing = Overview(date(2026, 11, 18), date(2026, 11, 18), (), ())
    page = overview_page(nothing, 130, 7)
    assert facts_of(page.state)["Verzegeling van het logboek"] == "loopt 2 minuten achter"
    assert page.actions.rows == ()


@pytest.mark.parametrize("text", ["", "8", "-7", "7 ", "veel", "007"])
def test_a_span_that_is_no_choice_is_the_usual_one(text: str) -> None:
    assert chosen_span({"dagen": text}, (7, 30), 30) == 30
    assert chosen_span({"dagen": "7"}, (7, 30), 30) == 7


# --- searching ---

BOOKS = Books({}, ("bericht-opgehaald",), (), ("ok",), AT.date())
REGEL = Logregel(
    entry=ENTRY,
    tijd=AT,
    actie="verzoek-geweigerd",
    activiteit="signaal-leerplicht/1",
    door=Party(str(ALKMAAR), "Gemeente Alkmaar"),
    namens=None,
    aan=None,
    bericht_id=BERICHT,
    uitkomst="geweigerd",
    code="geen-mandaat",
    velden=(),
    beleid=None,
    toegangspunt=None,
    sealed=True,
    unaltered=True,
)


def test_a_row_leads_to_its_record_and_its_message() -> None:
    shown = found(read_search({}, BOOKS), Page([REGEL], None), None)
    assert shown.table is not None
    (row,) = shown.table.rows
    assert row[0].href == f"/console/regels/{ENTRY}"
    assert row[-1].href == f"/console/berichten/{BERICHT}"
    assert [cell.text for cell in row[2:4]] == ["Gemeente Alkmaar", "–"]
    assert row[5].text == "Geweigerd: geen mandaat"


@pytest.mark.parametrize(
    ("count", "cursor", "following", "said"),
    [
        (0, None, None, "Geen logregels gevonden."),
        (0, None, "x", "In dit deel van het logboek is niets gevonden. Verder terug is nog"),
        (1, None, None, "1 logregel gevonden."),
        (2, None, "x", "2 logregels op deze bladzijde. Er zijn er meer."),
        (2, "y", None, "2 logregels op deze laatste bladzijde."),
    ],
)
def test_says_how_many_there_are(
    count: int, cursor: str | None, following: str | None, said: str
) -> None:
    shown = found(read_search({}, BOOKS), Page([REGEL] * count, following), cursor)
    assert shown.count.startswith(said)
    names = [link.text for link in shown.pages]
    assert ("Volgende bladzijde" in names) is (following is not None)
    assert ("Naar het begin" in names) is (cursor is not None)


def test_the_next_page_asks_the_same() -> None:
    asked = read_search({"uitkomst": "ok"}, BOOKS)
    (link,) = found(asked, Page([REGEL], "verder"), None).pages
    assert link.href == "/console/zoeken?uitkomst=ok&cursor=verder"
    assert address(read_search({}, BOOKS)) == "/console/zoeken?alles"


# --- one record, one message ---


def bundle(**changes: object) -> dict[str, object]:
    said = {
        "name": "bericht-opgehaald",
        "end_time": int(AT.timestamp() * 1000),
        "actor": str(ALKMAAR),
        "namens": str(ALKMAAR),
        "attributes": {"dpl.core.processing_activity_id": "signaal-leerplicht/1"},
        "uitkomst": "ok",
        "trace_id": "0" * 32,
        "bijzonderheden": {"aantal": 3, "stromen": [{"rol": "ocw"}]},
        **changes,
    }
    leaf = base64.b64encode(json.dumps(said).encode()).decode()
    return {"entry": str(ENTRY), "blad": leaf, "index": 11, "omvang": 1_200}


def test_a_record_is_shown_as_it_was_hashed() -> None:
    page = entry_page(bundle(), DIRECTORY, unaltered=True)
    facts = facts_of(page.facts)
    assert page.title == "Bericht opgehaald"
    assert facts["Door"] == f"Gemeente Alkmaar ({ALKMAAR})"
    assert "Namens" not in facts
    assert "Bericht" not in facts
    assert facts_of(page.details) == {"Aantal": "3"}
    assert facts_of(page.place)["Onder een handtekening over"] == "1.200 regels"
    assert '"trace_id"' in page.raw


def test_a_record_of_the_gateway_itself_about_many_pupils() -> None:
    attributes = {
        "dpl.core.processing_activity_id": "signaal-leerplicht/1",
        "dpl.core.data_subject_id": "x",
    }
    said = bundle(actor=None, namens="99BB00", attributes=attributes, aantal_betrokkenen=2)
    page = entry_page(said, DIRECTORY, unaltered=False)
    assert "veranderd" in page.altered
    facts = facts_of(page.facts)
    assert facts["Door"] == "Verzuim Exchange"
    assert facts["Namens"] == "99BB00"
    assert facts["Gaat over"].startswith("2 leerlingen")


CUSTODY = Custody(
    bericht_id=BERICHT,
    soort="signaal",
    ontvangen_op=AT,
    afzender=str(ALKMAAR),
    beleid=date(2025, 8, 1),
    ingetrokken_op=None,
    ingetrokken_door=None,
    bericht_gewist=False,
    views=(
        View(
            rol="leerplicht",
            ontvanger=str(ALKMAAR),
            status="wachtend",
            doorgegeven=("pgn",),
            gegeneraliseerd=("dagen",),
            afgeleid=("venster",),
            route=("woongemeente",),
            ingehouden=(("plicht", "alleen voor de toets"),),
            beleid="2025-08-01",
        ),
    ),
    steps=(
        Step(Action.OPGEHAALD, AT, door=str(ALKMAAR), uitkomst="ok", entry=ENTRY),
        Step(Action.BEVESTIGD, AT, door=str(ALKMAAR), uitkomst="geweigerd", entry=ENTRY, plaats=4),
    ),
    pakketten=(),
    omvang=10,
    volledig=True,
)


def test_a_message_shows_of_every_field_what_became_of_it() -> None:
    page = message_page(CUSTODY, DIRECTORY)
    assert {row[1] for row in text_of(page.fields)} == {
        "Doorgegeven",
        "Minder precies doorgegeven",
        "Telt mee in cijfers",
        "Alleen om de ontvanger te vinden",
        "Niet: alleen voor de toets",
    }


def test_where_a_message_stands_is_read_from_what_succeeded() -> None:
    page = message_page(CUSTODY, DIRECTORY)
    assert text_of(page.streams) == [["Leerplicht", "Gemeente Alkmaar", "opgehaald", "–"]]
    withdrawn = message_page(replace(CUSTODY, ingetrokken_op=AT), DIRECTORY)
    assert text_of(withdrawn.streams)[0][2] == "ingetrokken"


def test_a_step_says_where_its_record_is() -> None:
    first, second = message_page(CUSTODY, DIRECTORY).steps
    assert facts_of(first.facts)["Logregel"] == f"{ENTRY} (nog niet verzegeld)"
    assert facts_of(second.facts)["Logregel"] == f"{ENTRY} (plaats 4)"
    assert facts_of(second.facts)["Uitkomst"] == "Geweigerd"


def test_says_when_there_is_less_to_show_than_there_was() -> None:
    assert message_page(CUSTODY, DIRECTORY).remarks == ()
    told = message_page(replace(CUSTODY, bericht_gewist=True, volledig=False), DIRECTORY).remarks
    assert "gewist" in told[0]
    assert "meer logregels" in told[1]


# --- findings ---

FINDING = Finding(
    key="ab",
    rule=Rule(RuleName.UREN, "Op een raar uur", "Iemand las in de nacht."),
    who=ALKMAAR,
    who_name="Gemeente Alkmaar",
    account=None,
    about="signaal-leerplicht/1",
    about_name="signaal-leerplicht/1",
    since=AT,
    until=AT,
    count=3,
    detail="3 keer gelezen.",
    entries=(ENTRY,),
    review=None,
)


def test_a_finding_shows_its_rule_its_records_and_what_was_decided() -> None:
    judged = replace(FINDING, key="cd", review=Review(ReviewOutcome.VERKLAARD, ENTRY, AT))
    page = findings_page([judged, FINDING], 30)
    first, second = page.findings
    assert page.summary.startswith("2 bevindingen, waarvan 1 nog zonder oordeel.")
    assert (first.key, second.key) == ("ab", "cd")
    assert first.rule == "Iemand las in de nacht."
    assert first.entries_title == "De eerste 1 van 3 logregels"
    assert facts_of(first.facts)["Gaat over"] == "Signaal leerplicht (versie 1)"
    assert second.review.startswith("Verklaard: er is niets mis (18 november 2026")


def test_a_form_sent_empty_is_told_of_at_its_own_finding() -> None:
    page = findings_page([FINDING, replace(FINDING, key="cd")], 30, unanswered="cd")
    assert [one.key for one in page.wrong] == ["cd"]
    assert findings_page([], 30).summary == "In deze dagen viel niets op."


def test_more_findings_than_fit_are_counted() -> None:
    many = [replace(FINDING, key=f"{n:04x}") for n in range(MOST_SHOWN + 1)]
    page = findings_page(many, 30)
    assert len(page.findings) == MOST_SHOWN
    assert page.summary.endswith(f"Hier staan er {MOST_SHOWN}.")


# --- integrity ---

NOTE = "verzuim-exchange/x\n1200\nAAAA\n\n— verzuim-exchange/x zzz\n"
CHECKED = Integrity(1_200, AT, 0.0, 2, 50, None, [])


def test_the_newest_head_is_read_from_the_signed_text() -> None:
    cosigned = Cosigned(1_100, NOTE, AT, {"getuige.example": AT})
    page = integrity_page(NOTE, [cosigned], 0.0, "key")
    assert facts_of(page.head) == {
        "Regels onder de handtekening": "1.200",
        "Top van de boom": "AAAA",
        "Nieuwe regels wachten": "niet",
    }
    assert text_of(page.witnesses)[0][:2] == ["getuige.example", "1.100"]
    assert page.command == "python verify_log.py BEWIJS --vkey 'key'"
    assert page.late == ""


def test_sealing_that_is_late_is_said() -> None:
    page = integrity_page(NOTE, [], 120.0, "key")
    assert "loopt 2 minuten achter" in page.late
    assert "geen getuige" in page.witnesses.empty


def test_a_check_says_in_words_what_it_found() -> None:
    right, wrong = (
        check_result(CHECKED),
        check_result(replace(CHECKED, first_fault="dit klopt niet")),
    )
    assert (right.look, right.verdict) == ("goed", "In orde.")
    assert (wrong.look, wrong.verdict) == ("fout", "Niet in orde.")
    assert "De eerste fout: dit klopt niet." in wrong.meaning
    assert facts_of(right.facts)["Wachten nog"] == "2 regels"
