"""Models, published schemas and examples say the same; each faulty example breaks one rule."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from exchange.bootstrap.law import open_law
from exchange.errors import Code, Invalid, Violation
from exchange.messages.contracts import CONTRACTS
from exchange.messages.document import parse_object, read_message
from exchange.messages.soort import Soort
from exchange.policy.schoolcijfers import contradictions
from tests.generate import DIALECT, SCHEMAS, folder, generated

GENERATED = generated()
EXAMPLES = [(soort, path) for soort in Soort for path in sorted(folder(soort).glob("examples/*"))]
FAULTY = [(soort, path) for soort in Soort for path in sorted(folder(soort).glob("invalid/*"))]
GOOD = {
    Soort.SIGNAAL: "spijbelen-neemt-toe.json",
    Soort.VERZUIMMELDING: "zestien-uur-in-vier-weken.json",
    Soort.VERZUIMREGISTRATIES: "twee-lesuren-gespijbeld.json",
    Soort.LEERLINGAANTALLEN: "een-gewone-maand.json",
    Soort.SCHOOLCIJFERS: "een-gewone-maand.json",
}
OF_FORM = {
    Code.ONGELDIGE_JSON,
    Code.ONBEKEND_VELD,
    Code.VERPLICHT_VELD,
    Code.WAARDE_ONGELDIG,
    Code.PGN_ONGELDIG,
    Code.VESTIGINGSCODE_ONGELDIG,
    Code.DATUM_ONGELDIG,
    Code.GEOORLOOFD_VERZUIM,
    Code.BUITEN_LEERPLICHT,
}
"""What the model alone finds; every other rule needs the world."""
BY_A_RULE = {
    "datum-ongeldig.dag-erbuiten",
    "datum-ongeldig.in-de-toekomst",
    "datum-ongeldig.niet-de-laatste-dag",
    "verplicht-veld.zonder-einddatum",
    "verplicht-veld.zonder-reden-en-categorie",
    "waarde-ongeldig.dag-dubbel",
    "waarde-ongeldig.onbekend-bericht",
}
"""Codes of form that only a rule finds: it looks at other members, the day, or what stands."""
BEYOND_A_SCHEMA = BY_A_RULE | {
    "pgn-ongeldig",  # the elfproef
    "datum-ongeldig",  # a day that does not exist; the validator does not check formats
    "datum-ongeldig.met-tijd",
    "geoorloofd-verzuim",
    "ongeldige-json",
}


def name_of(value: object) -> str | None:
    """Name a case by its file."""
    return value.stem if isinstance(value, Path) else None


def validator(soort: Soort) -> Draft202012Validator:
    """Give the published schema of one kind of message."""
    schema = json.loads((folder(soort) / "schema.json").read_text("utf-8"))
    return Draft202012Validator(schema)


def violations(soort: Soort, body: bytes) -> list[Code]:
    """Give what the model finds wrong."""
    try:
        _, faults = read_message(CONTRACTS[soort], body, parse_object(body))
    except Invalid as invalid:
        faults = invalid.violations
    return [fault.code for fault in faults]


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: str(path.relative_to(SCHEMAS.parent)))
def test_what_is_generated_is_what_is_committed(path: Path) -> None:
    assert path.exists(), "run `make docs`"
    assert path.read_text("utf-8") == GENERATED[path], "run `make docs`"


def test_every_schema_belongs_to_a_kind_of_message_or_to_the_log() -> None:
    found = set(SCHEMAS.rglob("schema.json"))
    of_messages = {folder(soort) / "schema.json" for soort in Soort}
    assert found == {*of_messages, SCHEMAS / "logrecord" / "v1" / "schema.json"}


@pytest.mark.parametrize("soort", list(Soort))
def test_a_schema_is_one_and_refuses_what_it_does_not_know(soort: Soort) -> None:
    schema = validator(soort).schema
    assert isinstance(schema, dict)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == DIALECT
    assert list(schema["properties"]) == list(CONTRACTS[soort].members)
    for part in (schema, *schema.get("$defs", {}).values()):
        if part["type"] == "object":
            assert part["additionalProperties"] is False


@pytest.mark.parametrize("soort", list(Soort))
def test_every_kind_of_message_has_examples_of_both_sorts(soort: Soort) -> None:
    assert [path for kind, path in EXAMPLES if kind is soort]
    assert [path for kind, path in FAULTY if kind is soort]


@pytest.mark.parametrize(("soort", "path"), EXAMPLES, ids=name_of)
def test_an_example_is_good_by_schema_and_by_model(soort: Soort, path: Path) -> None:
    document = json.loads(path.read_bytes())
    validator(soort).validate(document)
    assert violations(soort, path.read_bytes()) == []


def test_every_member_of_a_message_is_shown_in_an_example() -> None:
    for soort, contract in CONTRACTS.items():
        shown = {
            member
            for kind, path in EXAMPLES
            if kind is soort
            for member in json.loads(path.read_bytes())
        }
        assert shown == set(contract.members)


@pytest.mark.parametrize(("soort", "path"), FAULTY, ids=name_of)
def test_a_faulty_example_breaks_the_rule_in_its_name_and_no_other(
    soort: Soort, path: Path
) -> None:
    code = Code(path.stem.partition(".")[0])
    found = violations(soort, path.read_bytes())
    by_the_model = code in OF_FORM and path.stem not in BY_A_RULE
    assert found == ([code] if by_the_model else [])


@pytest.mark.parametrize(("soort", "path"), FAULTY, ids=name_of)
def test_a_schema_finds_what_a_schema_can_find(soort: Soort, path: Path) -> None:
    code = Code(path.stem.partition(".")[0])
    valid = validator(soort).is_valid(json.loads(path.read_bytes()))
    seen = code in OF_FORM and path.stem not in BEYOND_A_SCHEMA
    if code is Code.ONGELDIGE_JSON and not isinstance(json.loads(path.read_bytes()), dict):
        seen = True
    assert valid is not seen


@pytest.mark.parametrize(
    ("soort", "path"), [(soort, path) for soort, path in FAULTY if soort in GOOD], ids=name_of
)
def test_a_faulty_example_differs_from_the_good_one_in_one_member(soort: Soort, path: Path) -> None:
    good = json.loads((folder(soort) / "examples" / GOOD[soort]).read_bytes())
    faulty = json.loads(path.read_bytes())
    differing = {name for name in good.keys() | faulty.keys() if good.get(name) != faulty.get(name)}
    assert len(differing) == 1


@pytest.mark.parametrize(
    ("soort", "beyond_form"),
    [
        (
            Soort.SIGNAAL,
            {
                Code.GEOORLOOFD_VERZUIM,
                Code.ONBEKEND_CRITERIUM,
                Code.VENSTER_ONGELDIG,
                Code.VERPLICHTE_MELDING,
            },
        ),
        (Soort.VERZUIMMELDING, {Code.GEEN_VERPLICHTE_MELDING}),
    ],
)
def test_every_rule_that_a_notice_can_break_has_a_faulty_example(
    soort: Soort, beyond_form: set[Code]
) -> None:
    shown = {Code(path.stem.partition(".")[0]) for kind, path in FAULTY if kind is soort}
    assert shown - beyond_form == (OF_FORM - {Code.GEOORLOOFD_VERZUIM}) | {
        Code.PGN_IN_VRIJE_TEKST,
        Code.ONBEKENDE_WOONGEMEENTE,
        Code.ONBEKENDE_VESTIGING,
        Code.GEEN_MANDAAT,
        Code.ONTVANGER_NIET_AANGESLOTEN,
    }
    assert shown >= beyond_form


def test_every_rule_that_a_registration_can_break_has_a_faulty_example() -> None:
    """But for those that need a month or a policy which the examples cannot bring along."""
    shown = {
        Code(path.stem.partition(".")[0])
        for kind, path in FAULTY
        if kind is Soort.VERZUIMREGISTRATIES
    }
    assert shown == (OF_FORM - {Code.GEOORLOOFD_VERZUIM, Code.BUITEN_LEERPLICHT}) | {
        Code.PGN_IN_VRIJE_TEKST,
        Code.ONBEKENDE_REDEN,
        Code.CATEGORIE_STRIJDIG,
        Code.ONBEKENDE_VESTIGING,
        Code.GEEN_MANDAAT,
        Code.PERIODE_GESLOTEN,
    }


@pytest.mark.parametrize(
    "path", [path for soort, path in EXAMPLES if soort is Soort.SCHOOLCIJFERS], ids=name_of
)
def test_published_figures_do_not_contradict_themselves(path: Path) -> None:
    assert list(_contradictions(path)) == []


@pytest.mark.parametrize(
    "path",
    [path for soort, path in FAULTY if path.stem.startswith(Code.CIJFERS_STRIJDIG)],
    ids=name_of,
)
def test_faulty_figures_contradict_themselves_once(path: Path) -> None:
    assert [violation.code for violation in _contradictions(path)] == [Code.CIJFERS_STRIJDIG]


def test_each_contradiction_has_a_faulty_example_of_its_own() -> None:
    found = [
        str(next(iter(_contradictions(path))).detail)
        for _, path in FAULTY
        if path.stem.startswith(Code.CIJFERS_STRIJDIG)
    ]
    assert len(found) == len(set(found)) + 1  # the largest share may be too small and too large


def _contradictions(path: Path) -> tuple[Violation, ...]:
    body = path.read_bytes()
    values, _ = read_message(CONTRACTS[Soort.SCHOOLCIJFERS], body, parse_object(body))
    return contradictions(values, open_law().on(date(2026, 10, 31)))


@pytest.mark.parametrize(("soort", "path"), [*EXAMPLES, *FAULTY], ids=name_of)
def test_no_example_names_a_pupil_that_could_exist(soort: Soort, path: Path) -> None:
    for text in _texts(json.loads(path.read_bytes())):
        for digits in re.findall(r"(?<!\d)\d{9}(?!\d)", text):
            assert digits.startswith(("9999", "10999"))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, child in value.items():
            yield name
            if name not in {"vervangt", "betreft"}:  # an id, made of random digits
                yield from _texts(child)
    elif isinstance(value, list):
        for child in value:
            yield from _texts(child)
    else:
        yield str(value)


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.lists(st.text(max_size=5), max_size=2),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)


@pytest.mark.parametrize(("soort", "path"), EXAMPLES, ids=name_of)
@settings(max_examples=80, deadline=None, derandomize=True)
@given(data=st.data())
def test_what_the_model_takes_the_schema_takes(
    soort: Soort, path: Path, data: st.DataObject
) -> None:
    document: dict[str, Any] = json.loads(path.read_bytes())
    places = list(_places(document))
    holder, key = data.draw(st.sampled_from(places))
    holder[key] = data.draw(JUNK)
    body = json.dumps(document).encode()
    if not violations(soort, body):
        validator(soort).validate(json.loads(body))


def _places(value: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    for name, child in value.items():
        yield value, name
        if isinstance(child, dict):
            yield from _places(child)
        elif isinstance(child, list):
            yield from ((child, number) for number in range(len(child)))
