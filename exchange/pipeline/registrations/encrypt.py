"""Step 7, per line: seal the school's own number, and digest what tells a repeat from a change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from operator import attrgetter

from exchange.crypto.canonical import framed
from exchange.crypto.pseudonym import keyed_digests, natural_keys
from exchange.messages.wire import Categorie
from exchange.pipeline.at_rest import column_key, registratie_id_contexts
from exchange.pipeline.registrations.stages import MinimalLine, SchoolYear, SealedLine
from exchange.ports import GatewayKey, KeyProvider, KeyUse

_IDS = GatewayKey(KeyUse.REGISTRATION_ID)


def encrypt_lines(lines: Iterable[MinimalLine], keys: KeyProvider) -> list[SealedLine]:
    """Give what may be stored; the registratieId only sealed, for the school's own notices.

    Each key is used once, for all lines that are its own.
    """
    by_year: dict[SchoolYear, list[MinimalLine]] = defaultdict(list)
    for line in lines:
        by_year[line.day.month.year].append(line)
    sealed = [line for year, own in by_year.items() for line in _sealed(year, own, keys)]
    if len(by_year) > 1:
        sealed.sort(key=attrgetter("number"))
    return sealed


def _sealed(
    year: SchoolYear, lines: Sequence[MinimalLine], keys: KeyProvider
) -> Iterable[SealedLine]:
    code, schooljaar = year.vestigingscode, year.schooljaar
    ids = [line.registratie_id.reveal().encode() for line in lines]
    begin = framed("registratie-id/v1", str(code))
    digests = keyed_digests(_IDS, keys, begin, map(framed, ids))
    contexts = registratie_id_contexts(code, digests)
    id_sealed = keys.seals(column_key(code, schooljaar), list(zip(ids, contexts, strict=True)))
    contents = natural_keys(code, schooljaar, keys, "registratie/v1", map(_content, lines))
    for line, digest, hidden, content in zip(lines, digests, id_sealed, contents, strict=True):
        yield SealedLine(
            line.number,
            line.day,
            line.pupil,
            digest,
            hidden,
            content,
            line.minuten,
            line.categorie,
            line.ingetrokken,
        )


def _content(line: MinimalLine) -> bytes:
    """Give what was registered: the pupil, the day, the minutes, the category, and if it stands."""
    said = _said(line.minuten, line.categorie, line.ingetrokken)
    return line.pupil.framed + line.day.framed + said


@cache
def _said(minuten: int, categorie: Categorie, ingetrokken: bool, /) -> bytes:
    return framed(str(minuten), categorie.value, str(ingetrokken))
