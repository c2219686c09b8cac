"""What the contract and the law decide, written down once more by hand: the data must say the same.

Nothing here is read from ``schemas/necessity`` or ``schemas/parameters.toml``. Whoever changes a
row there changes what leaves the gateway or what counts, and has to say so here as well: in
contract.md (sections 2 and 3) or in the law first. ``make mutate`` changes every row in turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise

import pytest

from exchange.bootstrap.law import open_elementen, open_law, open_necessity
from exchange.messages.contracts import CONTRACTS
from exchange.messages.soort import Soort
from exchange.policy.elementen import Elementen
from exchange.policy.law import Law
from exchange.policy.necessity import Clause, NecessityTable
from exchange.policy.parties import RECIPIENT_ROLES, Role

FIRST_DAY = date(2025, 8, 1)


@dataclass(frozen=True)
class Decided:
    """What one role gets of one kind of message, as names with a space between them."""

    status: str
    bereik: str
    doorgegeven: str = ""
    afgeleid: str = ""
    route: str = ""
    ingehouden: str = ""
    toegevoegd: str = ""


SIGNAAL_COUNTED = Decided(
    "voorstel",
    "cijfers",
    afgeleid="vestigingscode venster vervangt",
    ingehouden="pgn plicht woongemeente ongeoorloofdeMinuten criterium oudersGeinformeerdOp"
    " actiesSchool contact categorie",
)
MELDING_COUNTED = Decided(
    "voorstel",
    "cijfers",
    afgeleid="vestigingscode begindatum einddatum vervangt",
    ingehouden="pgn plicht woongemeente verzuimsoort dagen alleLessenGemist actieGemeenteGewenst"
    " oudersGeinformeerdOp actiesSchool contact",
)
INTREKKING_COUNTED = Decided("voorstel", "cijfers", afgeleid="betreft", ingehouden="reden")
REGISTRATIES_COUNTED = Decided(
    "voorstel",
    "cijfers",
    afgeleid="vestigingscode pgn datum minuten categorie ingetrokken",
    ingehouden="registratieId reden",
)
AANTALLEN = "leerlingen geplandeMinutenPerLeerling"
CIJFERS = f"{AANTALLEN} geoorloofd ongeoorloofd leerlingenMetOngeoorloofdVerzuim"
TREDEN = "trede1 trede2 trede3"

TO_LEERPLICHT = {
    Soort.SIGNAAL: Decided(
        "voorstel",
        "bericht",
        doorgegeven="pgn vestigingscode venster ongeoorloofdeMinuten criterium"
        " oudersGeinformeerdOp actiesSchool contact vervangt",
        route="woongemeente",
        ingehouden="plicht categorie",
        toegevoegd="berichtId soort zaakreferentie",
    ),
    Soort.VERZUIMMELDING: Decided(
        "geldend",
        "bericht",
        doorgegeven="verzuimsoort pgn vestigingscode begindatum einddatum dagen alleLessenGemist"
        " actieGemeenteGewenst oudersGeinformeerdOp actiesSchool contact vervangt",
        route="woongemeente",
        ingehouden="plicht",
        toegevoegd="berichtId soort zaakreferentie",
    ),
    Soort.INTREKKING: Decided(
        "geldend", "bericht", doorgegeven="betreft reden", toegevoegd="berichtId soort"
    ),
    Soort.VERZUIMREGISTRATIES: Decided(
        "voorstel",
        "geen",
        ingehouden="vestigingscode registratieId pgn datum minuten reden categorie ingetrokken",
    ),
    Soort.LEERLINGAANTALLEN: Decided("voorstel", "geen", ingehouden=AANTALLEN),
    Soort.SCHOOLCIJFERS: Decided("voorstel", "geen", ingehouden=f"{CIJFERS} {TREDEN}"),
}
IN_FIGURES = {
    Soort.SIGNAAL: SIGNAAL_COUNTED,
    Soort.VERZUIMMELDING: MELDING_COUNTED,
    Soort.INTREKKING: INTREKKING_COUNTED,
    Soort.VERZUIMREGISTRATIES: REGISTRATIES_COUNTED,
    Soort.LEERLINGAANTALLEN: Decided("voorstel", "cijfers", afgeleid=AANTALLEN),
    Soort.SCHOOLCIJFERS: Decided("voorstel", "cijfers", afgeleid=f"{CIJFERS} {TREDEN}"),
}
DECISIONS = {
    (soort, role): (TO_LEERPLICHT if role is Role.LEERPLICHT else IN_FIGURES)[soort]
    for soort in Soort
    for role in RECIPIENT_ROLES
}

PURPOSE = {
    Role.LEERPLICHT: "handhaving-leerplicht",
    Role.COLLEGE: "toezicht-naleving",
    Role.SWV: "taken-swv",
    Role.OCW: "beleidsvoorbereiding",
}
CONTROLLER = {
    Role.LEERPLICHT: "college van burgemeester en wethouders van de woongemeente",
    Role.COLLEGE: "college van burgemeester en wethouders van de gemeente van vestiging",
    Role.SWV: "samenwerkingsverband passend onderwijs",
    Role.OCW: "Minister van Onderwijs, Cultuur en Wetenschap",
}
TO_LEERPLICHT_BY = {
    Soort.SIGNAAL: (
        "36 663, signaal zorgelijk verzuim",
        "AVG art. 6 lid 1 onder e",
        "UAVG art. 46",
    ),
    Soort.VERZUIMMELDING: ("LPW art. 21a", "AVG art. 6 lid 1 onder e", "UAVG art. 46"),
    Soort.INTREKKING: ("AVG art. 5 lid 1 onder d", "art. 19", "LPW art. 21a"),
    Soort.VERZUIMREGISTRATIES: ("36 663, registratie", "geen grondslag voor doorgifte"),
    Soort.LEERLINGAANTALLEN: ("36 663", "geen grondslag voor doorgifte"),
    Soort.SCHOOLCIJFERS: ("36 663", "geen grondslag voor doorgifte"),
}
IN_FIGURES_BY = (
    "36 663, geaggregeerde verzuimgegevens op schoolniveau",
    "AVG art. 6 lid 1 onder e",
)

EXCLUDED = {
    "jgz": ("pgn", "Wabb art. 10; UAVG art. 46"),
    "ocw": ("pgn woongemeente contact dagen venster", "WOT art. 24k lid 3"),
    "swv": ("pgn woongemeente contact dagen", "36 663"),
    "college": ("pgn woongemeente contact dagen", "36 663"),
}

LPW_SINCE, OURS_SINCE = date(2013, 1, 1), FIRST_DAY
NUMBERS = {
    "drempel_eenheden": [(LPW_SINCE, 16, "LPW art. 21a")],
    "drempel_lesweken": [(LPW_SINCE, 4, "LPW art. 21a")],
    "klokuur_minuten": [(LPW_SINCE, 60, "praktijk")],
    "lesuur_minuten": [(LPW_SINCE, 60, "DESIGN")],
    "langdurig_weken": [(LPW_SINCE, 4, "DUO")],
    "herhaling_dagen": [(LPW_SINCE, 7, "DUO")],
    "open_maanden": [(OURS_SINCE, 2, "DESIGN")],
    "registratie_dagen": [(OURS_SINCE, 7, "AVG art. 5 lid 1 onder e")],
    "parkeren_werkdagen": [(OURS_SINCE, 5, "LPW art. 21a (onverwijld)")],
    "bevestigd_dagen": [(OURS_SINCE, 30, "AVG art. 5 lid 1 onder e")],
    "idempotentie_dagen": [(OURS_SINCE, 90, "DESIGN")],
    "registerterm_schooljaren": [(LPW_SINCE, 1, "WOT art. 24i lid 2")],
    "cijfers_schooljaren": [(OURS_SINCE, 2, "DESIGN")],
    "logtekst_jaren": [(OURS_SINCE, 5, "AVG")],
    "backup_dagen": [(OURS_SINCE, 35, "AVG art. 5 lid 1 onder e")],
    "leerplicht_vanaf_jaar": [(LPW_SINCE, 5, "LPW art. 3 lid 1")],
    "leerplicht_tot_jaar": [(LPW_SINCE, 16, "LPW art. 3 lid 1 onder b")],
    "leerplicht_volle_jaren": [(LPW_SINCE, 12, "LPW art. 3 lid 1 onder a")],
    "trede1_procent": [(OURS_SINCE, 95, "MD-MTSS")],
    "trede2_procent": [(OURS_SINCE, 90, "MD-MTSS")],
    "kwalificatieplicht_tot_jaar": [(LPW_SINCE, 18, "LPW art. 4b")],
    "onderdrukking_drempel": [(OURS_SINCE, 5, "DUO")],
    "rij_leerlingen": [(OURS_SINCE, 10, "CBS")],
    "dominantie_procent": [(OURS_SINCE, 50, "DESIGN")],
    "minuten_marge_procent": [(OURS_SINCE, 10, "DESIGN")],
    "leveringen_jaren": [(OURS_SINCE, 7, "DESIGN")],
}

EVERY_CLAUSE = pytest.mark.parametrize(
    ("soort", "role"), DECISIONS, ids=[f"{soort}-{role}" for soort, role in DECISIONS]
)


@cache
def table() -> NecessityTable:
    """Read it in a test and not before, so that a table that will not load fails by name."""
    (only,) = open_necessity().tables
    return only


@cache
def law() -> Law:
    return open_law()


@cache
def elementen() -> Elementen:
    return open_elementen()


def named(clause: Clause, kind: str) -> set[str]:
    return {name for name, rule in clause.velden.items() if rule.kind.value == kind}


@EVERY_CLAUSE
def test_every_member_goes_where_the_contract_says(soort: Soort, role: Role) -> None:
    decided, clause = DECISIONS[soort, role], table().clause(soort, role)
    for kind in ("doorgegeven", "afgeleid", "route", "ingehouden"):
        assert named(clause, kind) == set(getattr(decided, kind).split()), kind
    assert named(clause, "gegeneraliseerd") == set()
    assert set(clause.toegevoegd) == set(decided.toegevoegd.split())


@EVERY_CLAUSE
def test_every_clause_reaches_a_role_as_the_contract_says(soort: Soort, role: Role) -> None:
    assert table().clause(soort, role).reach.value == DECISIONS[soort, role].bereik


@EVERY_CLAUSE
def test_every_clause_is_law_or_proposal_as_it_is_today(soort: Soort, role: Role) -> None:
    assert table().clause(soort, role).status.value == DECISIONS[soort, role].status


@EVERY_CLAUSE
def test_every_clause_has_the_purpose_the_controller_and_the_ground_of_its_role(
    soort: Soort, role: Role
) -> None:
    clause = table().clause(soort, role)
    assert clause.doel == PURPOSE[role]
    assert clause.verantwoordelijke == CONTROLLER[role]
    assert clause.verwerker == "beheerder van Verzuim Exchange"
    grounds = TO_LEERPLICHT_BY[soort] if role is Role.LEERPLICHT else IN_FIGURES_BY
    assert all(ground in clause.grondslag for ground in grounds)
    assert clause.activiteit == f"{soort.value}-{role.value}/1"


def test_this_page_decides_about_every_member_of_every_contract_once() -> None:
    for (soort, _), decided in DECISIONS.items():
        words = f"{decided.doorgegeven} {decided.afgeleid} {decided.route} {decided.ingehouden}"
        assert sorted(words.split()) == sorted(CONTRACTS[soort].fields)


def test_the_table_holds_from_the_first_day_of_a_schooljaar() -> None:
    assert table().geldig_vanaf == FIRST_DAY


@pytest.mark.parametrize("ontvanger", EXCLUDED)
def test_what_a_recipient_may_never_have_is_excluded(ontvanger: str) -> None:
    velden, grond = EXCLUDED[ontvanger]
    (exclusion,) = [e for e in table().exclusions if e.ontvanger == ontvanger]
    assert exclusion.velden == set(velden.split())
    assert grond in exclusion.grond


def test_nobody_else_is_excluded() -> None:
    assert {exclusion.ontvanger for exclusion in table().exclusions} == set(EXCLUDED)


@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_is_that_of_its_source_from_its_day_on(name: str) -> None:
    entries, expected = law().entries[name], NUMBERS[name]
    assert [(entry.geldig_vanaf, entry.waarde) for entry in entries] == [
        (since, value) for since, value, _ in expected
    ]
    assert all(b in e.bron for e, (_, _, b) in zip(entries, expected, strict=True))


def test_there_are_no_other_numbers() -> None:
    assert set(law().entries) == set(NUMBERS)
    for values in NUMBERS.values():
        assert all(one[0] < other[0] for one, other in pairwise(values))


def test_the_elements_of_a_verzuimbeleid_are_those_of_the_nota() -> None:
    (only,) = elementen().lists
    assert (only.geldig_vanaf, only.status.value) == (FIRST_DAY, "voorstel")
    assert only.codes == ("SIGNAALCRITERIA", "SIGNALERING_LANGDURIG", "SAMENWERKING")
    assert "36 663, nota naar aanleiding van het verslag" in only.bron
