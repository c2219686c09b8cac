"""Step 3, per line: hold it against its model, and the caller against its mandate for that day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exchange.errors import Code, ExchangeError, Invalid, Refused, Violation
from exchange.messages.contracts import CONTRACTS, Values
from exchange.messages.document import parse_object, read_message
from exchange.messages.identifiers import Pgn, RegistratieId, Vestigingscode
from exchange.messages.soort import Soort
from exchange.pipeline.registrations.known import Known
from exchange.pipeline.registrations.plain import PlainReader
from exchange.pipeline.registrations.stages import Line, ValidLine
from exchange.policy.necessity import Mode

_CONTRACT = CONTRACTS[Soort.VERZUIMREGISTRATIES]


def validate_line(line: Line, plain: PlainReader, known: Known, key: str, mode: Mode) -> ValidLine:
    """Read one registration; raises with everything that is wrong with its form.

    Without a mandate for its vestiging and day nothing more is said about it than its form.
    """
    return plain.read(line) or _strictly(line, known, key, mode)


def _strictly(line: Line, known: Known, key: str, mode: Mode) -> ValidLine:
    document = parse_object(line.body)
    values, faults = read_message(_CONTRACT, line.body, document)
    faults = (*faults, *_own_checks(values, key, mode), *_category_stated(document))
    code, datum = values.get("vestigingscode"), values.get("datum")
    if not isinstance(code, Vestigingscode) or datum is None:
        raise Invalid(faults)
    try:
        vestiging = known.allowed(code, datum)
    except ExchangeError:
        if faults:
            raise Invalid(faults) from None
        raise
    if vestiging is None:
        raise Refused(Code.ONBEKENDE_VESTIGING)
    day = known.day(code, datum)
    known.note_pupil(line.number, day, values.get("pgn"))
    faults = (*faults, *known.moment_faults(datum))
    if faults:
        raise Invalid(faults)
    return ValidLine(
        line.number,
        frozenset(document),
        day,
        values["registratie_id"],
        values["pgn"],
        values["minuten"],
        values.get("reden"),
        values.get("categorie"),
        bool(values.get("ingetrokken")),
    )


def _own_checks(values: Values, key: str, mode: Mode) -> Iterator[Violation]:
    pgn, own = values.get("pgn"), values.get("registratie_id")
    if not isinstance(pgn, Pgn):
        return
    if mode is Mode.TRIAL and not pgn.is_test:
        yield Violation("/pgn", Code.PGN_ONGELDIG, "De proef neemt alleen testnummers aan.")
    texts = {"/registratieId": own.reveal() if isinstance(own, RegistratieId) else "", "": key}
    for pointer, text in texts.items():
        if pgn.is_spelled_in(text):
            yield Violation(
                pointer,
                Code.PGN_IN_VRIJE_TEKST,
                "Het PGN staat alleen in het veld pgn, niet in een eigen nummer of sleutel.",
            )


def _category_stated(document: Mapping[str, object]) -> Iterator[Violation]:
    if document.get("reden") is None and document.get("categorie") is None:
        yield Violation("/categorie", Code.VERPLICHT_VELD, "Geef reden of categorie, of beide.")
