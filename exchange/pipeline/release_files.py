"""Makes the bytes of a release once, per recipient and form, and the signed list of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from exchange.crypto.canonical import b64url, canonical
from exchange.crypto.signatures import Kind, sign_compact
from exchange.figures.levering import Levering
from exchange.figures.publish import MEDIA, Names, Publication, as_json, page_csp, territory
from exchange.figures.publish.territory import coverage
from exchange.figures.secure import Secured
from exchange.messages.identifiers import Oin
from exchange.policy.grounds import FIGURE_ROLES
from exchange.policy.parties import Directory, Party
from exchange.ports import KeyProvider
from exchange.storage.release_rows import FileRow, ReleaseRow

_PAGE = "text/html"
_MONTHS_SHOWN = 13
"""How far back a page looks: the same month of last year is on it."""


@dataclass(frozen=True, slots=True)
class Release:
    """A release ready to be stored: the whole of it, and every file of every recipient."""

    levering: Levering
    files: tuple[FileRow, ...] = field(repr=False)
    manifest: str
    certificate: bytes = field(repr=False)
    to_notify: tuple[Oin, ...]

    @property
    def recipients(self) -> tuple[Oin, ...]:
        """Give who has a part in it."""
        return tuple(dict.fromkeys(file.recipient for file in self.files))

    def row(self, entry: UUID) -> ReleaseRow:
        """Give the release as it is kept, under the log record of its making."""
        levering = self.levering
        return ReleaseRow(
            nummer=levering.nummer,
            periode=levering.periode,
            stand=levering.stand.value,
            released_at=levering.vrijgegeven_op,
            drempel=levering.drempel,
            certificate=self.certificate,
            certificate_digest=hashlib.sha256(self.certificate).digest(),
            published=as_json(levering),
            manifest=self.manifest,
            entry=entry,
        )


def make_files(
    levering: Levering,
    earlier: Sequence[Levering],
    secured: Secured,
    directory: Directory,
    keys: KeyProvider,
) -> Release:
    """Cut the release for each connected recipient, and write each part in every form."""
    files: list[FileRow] = []
    to_notify: list[Oin] = []
    names = _names(levering, directory)
    recent = [one for one in earlier if one.periode.plus(_MONTHS_SHOWN) >= levering.periode]
    for party in _recipients(directory):
        part = _part(levering, party)
        if part.regels:
            before = [_part(one, party) for one in recent]
            files += _forms(part, before, party, replace(names, ontvanger=party.name))
            to_notify += [party.oin] if party.push_url else []
    manifest = sign_compact(canonical(_listed(levering, files)), Kind.MANIFEST, keys)
    return Release(levering, tuple(files), manifest, secured.certificate.document, tuple(to_notify))


def _recipients(directory: Directory) -> Iterator[Party]:
    for oin in sorted(directory.parties, key=Oin.reveal):
        if any(grant.role in FIGURE_ROLES for grant in directory.parties[oin].grants):
            yield directory.parties[oin]


def _part(levering: Levering, party: Party) -> Levering:
    """Give the rows of all that a party is: one organisation may be college and SWV."""
    parts = [
        territory(levering, grant.role, grant.remit)
        for grant in party.grants
        if grant.role in FIGURE_ROLES
    ]
    if len(parts) == 1:
        return parts[0]
    keys = {regel.key for part in parts for regel in part.regels}
    regels = tuple(regel for regel in levering.regels if regel.key in keys)
    return replace(levering, dekking=coverage(regels), regels=regels)


def _forms(
    part: Levering, before: Sequence[Levering], party: Party, names: Names
) -> Iterator[FileRow]:
    publication = Publication(part, before, names, f"/v1/leveringen/{part.nummer}")
    for media_type, make in MEDIA.items():
        body = make(publication)
        yield FileRow(
            nummer=part.nummer,
            recipient=party.oin,
            media_type=media_type,
            body=body,
            sha256=hashlib.sha256(body).digest(),
            csp=page_csp() if media_type == _PAGE else None,
        )


def _names(levering: Levering, directory: Directory) -> Names:
    """Names of places as they were on the last day of the month."""
    day = levering.periode.last_day
    schools = {
        code.reveal(): found.naam
        for code in directory.vestigingen
        if (found := directory.vestiging_on(code, day)) is not None and found.naam
    }
    gemeenten = {
        code.reveal(): gemeente.naam
        for code in directory.gemeenten
        if (gemeente := directory.gemeente_on(code, day)) is not None
    }
    return Names("", schools, gemeenten)


def _listed(levering: Levering, files: Sequence[FileRow]) -> Mapping[str, object]:
    return {
        "nummer": levering.nummer,
        "periode": str(levering.periode),
        "stand": levering.stand.value,
        "vrijgegevenOp": levering.vrijgegeven_op.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "drempel": levering.drempel,
        "certificaat": levering.certificaat,
        "bestanden": [
            {
                "ontvanger": str(file.recipient),
                "mediatype": file.media_type,
                "sha256": b64url(file.sha256),
                "bytes": len(file.body),
            }
            for file in files
        ],
    }
