"""Every row of the mapping to DUO's register, written down once more by hand.

``tests/unit/adapters/duo`` proves that the mapping is whole; this page that each row says what was
found in the sources. Nothing here is read from the mapping, and it is read only when a test runs.
"""

from __future__ import annotations

from functools import cache

import pytest

from adapters.duo.mapping import DuoMapping, Table, duo_mapping

MELDEN = "MeldenRelatiefVerzuim"
WORDS = {
    "berichten": {
        "signaal": MELDEN,
        "verzuimmelding": MELDEN,
        "intrekking": "MutatieMeldingRelatiefVerzuim",
        "terugmelding": "AanvraagGewijzigdeMeldingRelatiefVerzuim",
        "bevestiging": None,
        "verzuimregistraties": None,
        "leerlingaantallen": None,
        "schoolcijfers": None,
    },
    "soorten": {"signaal": "O", "16-uur": "V3", "langdurig": "LRV", "luxe": "L"},
    "behandelingen": {
        "in-behandeling": "B",
        "ter-kennisgeving-aangenomen": "K",
        "afgesloten": "G",
    },
    "statussen": {
        "wachtend": "R",
        "afgeleverd": "R",
        "bevestigd": "R",
        "geparkeerd": "R",
        "ingetrokken": "I",
        "geweigerd": None,
        "vervallen": None,
        "opgenomen": None,
        "geen": None,
    },
    "afsluitredenen": {
        "TERUG_NAAR_SCHOOL": "terug naar school, opleiding hervat",
        "UITGESCHREVEN": "inschrijving beëindigd, overige redenen",
        "LANGDURIG_ZIEK": "geen verzuim, langdurig ziek",
        "GEEN_VERZUIM": "geen verzuim, legitiem afwezig",
        "OVERIG": None,
    },
    "weigeringsredenen": {
        "NIET_WOONACHTIG": None,
        "NIET_TE_ONTSLEUTELEN": None,
        "ONJUIST_BERICHT": None,
    },
    "intrekkingsredenen": {"onjuist": None, "hersteld": None},
}
FIELDS = {
    "vestigingscode": "Identificatie onderwijsinstelling (BRIN) en naam leslocatie",
    "pgn": "Persoonsgebonden nummer leerling / deelnemer",
    "plicht": None,
    "woongemeente": None,
    "venster.van": "Begindatum verzuim",
    "venster.tot": "Einddatum verzuim",
    "ongeoorloofdeMinuten": "Verzuimuren",
    "criterium": None,
    "oudersGeinformeerdOp": None,
    "actiesSchool": "Door school ondernomen actie",
    "contact.rol": "Functie melder",
    "contact.email": "E-mail melder",
    "categorie": None,
    "vervangt": "Meldingsnummer",
    "verzuimsoort": "Vermoedelijke soort verzuim",
    "begindatum": "Begindatum verzuim",
    "einddatum": "Einddatum verzuim",
    "dagen.datum": "Verzuimdagen",
    "dagen.minuten": "Verzuimuren",
    "alleLessenGemist": "Alle lessen gemist",
    "actieGemeenteGewenst": "Actie door gemeente gewenst",
    "betreft": "Meldingsnummer",
    "reden": None,
    "status": "Status melding",
    "afsluitreden": "Reden melding afgesloten",
}
"""The same word in every message that has the field; None is a refusal with its reason."""


@cache
def mapping() -> DuoMapping:
    return duo_mapping()


def words(table: Table) -> dict[str, str | None]:
    return {ours: row.duo for ours, row in table.items()}


@pytest.mark.parametrize("table", WORDS)
def test_our_codes_are_these_words_at_duo(table: str) -> None:
    assert words(getattr(mapping(), table)) == WORDS[table]


@pytest.mark.parametrize("message", ["signaal", "verzuimmelding", "intrekking", "terugmelding"])
def test_our_fields_are_these_words_at_duo(message: str) -> None:
    found = words(mapping().velden[message])
    assert found == {field: FIELDS[field] for field in found}


def test_every_word_on_this_page_is_used() -> None:
    assert {field for table in mapping().velden.values() for field in table} == set(FIELDS)
