"""What goes into the tables of releases and what comes out, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from exchange.messages.identifiers import Oin, Periode


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A release as it was made; ``certificate`` and ``published`` are JSON, ``entry`` its record.

    ``certificate_digest`` is SHA-256, ``published`` every row of the release as it went out.
    """

    nummer: int
    periode: Periode
    stand: str
    released_at: datetime
    drempel: int
    certificate: bytes = field(repr=False)
    certificate_digest: bytes
    published: bytes = field(repr=False)
    manifest: str = field(repr=False)
    entry: UUID


@dataclass(frozen=True, slots=True)
class ArchivedRow:
    """What went out with a release, and when it was withdrawn if it was."""

    published: bytes = field(repr=False)
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class FileRow:
    """One recipient's part of a release in one form, and the SHA-256 of these bytes.

    ``csp``: under which policy a browser may show it, for a page. It is kept with the bytes because
    it names the style in them, and a later version has another.
    """

    nummer: int
    recipient: Oin
    media_type: str
    body: bytes = field(repr=False)
    sha256: bytes
    csp: str | None


@dataclass(frozen=True, slots=True)
class SealedRow:
    """One recipient's part of a release, sealed to its key of that ``kid``."""

    nummer: int
    recipient: Oin
    kid: str
    body: bytes = field(repr=False)
    sha256: bytes
    made_at: datetime


@dataclass(frozen=True, slots=True)
class FormKey:
    """Names one form of one recipient's part of a release: a file, or with a ``kid`` a sealed one.

    Of a sealed one ``media_type`` only says what it is.
    """

    nummer: int
    recipient: Oin
    media_type: str
    kid: str | None = None


@dataclass(frozen=True, slots=True)
class FormRow:
    """What is told of a form before its bytes: their SHA-256, their number and a page's policy."""

    media_type: str
    sha256: bytes
    size: int
    csp: str | None = None


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """What a recipient must know of a release to name one form of it."""

    nummer: int
    periode: Periode
    stand: str
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListedRelease:
    """A release in its recipient's list, with the forms of that recipient's part."""

    nummer: int
    periode: Periode
    stand: str
    released_at: datetime
    drempel: int
    certificate_digest: bytes
    manifest: str = field(repr=False)
    withdrawn_at: datetime | None
    forms: Sequence[FormRow]
