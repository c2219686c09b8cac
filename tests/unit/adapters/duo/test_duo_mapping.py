"""Everything of ours is mapped to DUO's register or refused with a reason, and nothing else is."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from pydantic.alias_generators import to_camel

import adapters.duo
from adapters.duo.mapping import DuoMapping, Table, duo_mapping, read_mapping
from exchange.errors import Fault
from exchange.messages.antwoord import Afsluitreden, Behandeling, Terugmelding, WeigerReden
from exchange.messages.contracts import CONTRACTS
from exchange.messages.intrekking import IntrekkingReden
from exchange.messages.soort import Soort
from exchange.messages.verzuimmelding import Verzuimsoort
from exchange.policy.status import MailboxStatus, Status, seen_by_recipient

TEXT = files("adapters.duo").joinpath("mapping.toml").read_text("utf-8")
PAGE = (Path(__file__).resolve().parents[4] / "docs" / "duo.md").read_text("utf-8")
MAPPING = duo_mapping()
FROM_RECIPIENTS = {"terugmelding": Terugmelding}
UNSEEN_BY_DUO = {"bevestiging"}
"""A message of ours without a model in the registry: what a recipient answers first."""

TABLES = (
    MAPPING.berichten, MAPPING.soorten, MAPPING.behandelingen, MAPPING.statussen,
    MAPPING.afsluitredenen, MAPPING.weigeringsredenen, MAPPING.intrekkingsredenen,
    *MAPPING.velden.values(),
)  # fmt: skip


def names(table: Table) -> dict[str, str | None]:
    """Give DUO's name of each of ours."""
    return {ours: row.duo for ours, row in table.items()}


def test_the_kinds_are_those_known_of_the_register() -> None:
    assert names(MAPPING.soorten) == {
        "signaal": "O", "16-uur": "V3", "langdurig": "LRV", "luxe": "L",
    }  # fmt: skip
    assert set(MAPPING.soorten) == {Soort.SIGNAAL, *Verzuimsoort}
    assert set(MAPPING.niet_door_ons["soorten"]) == {"V4", "RMC", "V1", "V2"}
    assert "niet verplicht" in MAPPING.niet_door_ons["soorten"]["V4"]


def test_the_statuses_are_those_known_of_the_register() -> None:
    assert names(MAPPING.behandelingen) == {
        "in-behandeling": "B", "ter-kennisgeving-aangenomen": "K", "afgesloten": "G",
    }  # fmt: skip
    assert set(MAPPING.behandelingen) == set(Behandeling)
    assert set(MAPPING.statussen) == set(Status)
    assert {duo for duo in names(MAPPING.statussen).values() if duo} == {"R", "I"}
    assert MAPPING.statussen["ingetrokken"].duo == "I"


def test_no_state_of_ours_hands_a_pupil_over_to_third_parties() -> None:
    assert "D" not in {row.duo for table in TABLES for row in table.values()}
    assert "de wet het niet toestaat" in MAPPING.niet_door_ons["statussen"]["D"]


@pytest.mark.parametrize("shown", list(MailboxStatus))
def test_what_the_mailbox_shows_as_one_status_is_one_at_duo_too(shown: MailboxStatus) -> None:
    behind = [s for s in Status if s not in {Status.OPGENOMEN, Status.GEEN}]
    seen = {MAPPING.statussen[s].duo for s in behind if seen_by_recipient(s) is shown}
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("table", "reasons"),
    [
        (MAPPING.afsluitredenen, Afsluitreden),
        (MAPPING.weigeringsredenen, WeigerReden),
        (MAPPING.intrekkingsredenen, IntrekkingReden),
    ],
)
def test_every_reason_is_mapped_or_refused(table: Table, reasons: type[StrEnum]) -> None:
    assert set(table) == set(reasons)


def test_every_message_is_mapped_or_refused() -> None:
    assert set(MAPPING.berichten) == {*CONTRACTS, *FROM_RECIPIENTS} | UNSEEN_BY_DUO


def test_every_field_of_a_message_that_duo_knows_is_mapped_or_refused() -> None:
    known = {message for message, row in MAPPING.berichten.items() if row.duo}
    assert set(MAPPING.velden) == known
    for message in known:
        assert set(MAPPING.velden[message]) == fields_of(message), message


def fields_of(message: str) -> set[str]:
    """Give the wire names of a message's members, taken apart down to single values."""
    if message in FROM_RECIPIENTS:
        return set(_leaves(FROM_RECIPIENTS[message]))
    contract = CONTRACTS[Soort(message)]
    return set(_leaves(contract.model)) | ({contract.about} if contract.about else set())


def _leaves(model: type[Any]) -> Iterator[str]:
    hints = get_type_hints(model)
    for field in dataclasses.fields(model):
        parts = [part for part in _classes(hints[field.name]) if dataclasses.is_dataclass(part)]
        if not parts:
            yield to_camel(field.name)
        for part in parts:
            yield from (f"{to_camel(field.name)}.{leaf}" for leaf in _leaves(part))


def _classes(hint: Any) -> Iterator[type[Any]]:  # noqa: ANN401  any annotation
    if isinstance(hint, type) and not get_args(hint):
        yield hint
    for inner in get_args(hint):
        yield from _classes(inner)


def test_a_field_is_taken_apart_down_to_single_values() -> None:
    leaves = fields_of("verzuimmelding")
    assert {"dagen.datum", "dagen.minuten", "contact.rol", "pgn", "vervangt"} <= leaves
    assert not {"dagen", "contact"} & leaves
    assert fields_of("intrekking") == {"betreft", "reden"}


@pytest.mark.parametrize("kind", list(MAPPING.bekend))
def test_all_that_is_known_of_duo_is_made_by_us_or_never_made(kind: str) -> None:
    ours = {row.duo for table in _tables_of(MAPPING, kind) for row in table.values() if row.duo}
    never = set(MAPPING.niet_door_ons.get(kind, {}))
    assert ours | never == set(MAPPING.bekend[kind])
    assert not ours & never
    assert all(len(reason) > 10 for reason in MAPPING.niet_door_ons.get(kind, {}).values())


def _tables_of(mapping: DuoMapping, kind: str) -> tuple[Table, ...]:
    parts: Mapping[str, tuple[Table, ...]] = {
        "statussen": (mapping.statussen, mapping.behandelingen),
        "velden": tuple(mapping.velden.values()),
    }
    return parts[kind] if kind in parts else (getattr(mapping, kind),)


def test_nothing_is_named_outside_what_is_known() -> None:
    assert set(MAPPING.niet_door_ons) <= set(MAPPING.bekend)
    refused = (MAPPING.weigeringsredenen, MAPPING.intrekkingsredenen)
    assert {row.duo for table in refused for row in table.values()} == {None}


def test_every_row_has_a_source() -> None:
    for table in TABLES:
        assert table
        for row in table.values():
            assert row.bron
            assert (row.duo is None) is bool(row.geen)


@pytest.mark.parametrize(
    ("row", "instead"),
    [
        ('luxe = { duo = "L", bron', 'luxe = { bron'),
        ('luxe = { duo = "L", bron', 'luxe = { duo = "L", geen = "bestaat niet bij DUO: x", bron'),
        ('luxe = { duo = "L", bron', 'luxe = { geen = "zomaar", bron'),
        ('luxe = { duo = "L", bron', 'luxe = { duo = "L", soort = "x", bron'),
        ('luxe = { duo = "L", bron = "leverancier" }', 'luxe = { duo = "L" }'),
        ('luxe = { duo = "L", bron = "leverancier" }', 'luxe = { duo = "L", bron = "horen" }'),
        ('luxe = { duo = "L", bron = "leverancier" }', 'luxe = "L"'),
        ("[soorten]", "[soort]"),
        ("[soorten]", "[soorten"),
        ("[bekend]", "[onbekend]"),
    ],
)  # fmt: skip
def test_a_row_that_does_not_say_what_it_means_is_a_fault(row: str, instead: str) -> None:
    assert row in TEXT
    with pytest.raises(Fault):
        read_mapping(TEXT.replace(row, instead, 1))


def test_the_page_shows_the_tables_as_they_are() -> None:
    shown = re.findall(r"^\| (?!Ours)(\S.*?) \| (.+?) \|$", PAGE, re.MULTILINE)
    tables = (
        MAPPING.soorten, MAPPING.statussen, MAPPING.behandelingen, MAPPING.afsluitredenen,
    )  # fmt: skip
    mapped = [(ours, duo) for table in tables for ours, duo in names(table).items() if duo]
    assert sorted(shown) == sorted(mapped)


@pytest.mark.parametrize("where", [PAGE, adapters.duo.__doc__ or "", TEXT])
def test_it_is_said_that_this_is_no_connection(where: str) -> None:
    text = " ".join(where.lower().replace("#", " ").split())
    assert re.search("preparation, not a connection|voorbereiding, geen koppeling", text)
    assert re.search("not public|niet openbaar", text)
    assert "2020" in text


def test_nothing_here_can_send() -> None:
    imported = {
        name.partition(".")[0]
        for path in Path(adapters.duo.__file__ or "").parent.glob("*.py")
        for name in re.findall(r"^\s*(?:import|from) (\S+)", path.read_text("utf-8"), re.MULTILINE)
    }
    assert imported == {
        "__future__", "collections", "dataclasses", "exchange", "importlib", "tomllib", "typing",
    }  # fmt: skip
