"""One log record per action, in the terms of Logboek Dataverwerkingen, final when it is made.

Its bytes carry a MAC under a key that lives only in the KeyProvider, so that an edit is named even
if every stored hash was recomputed; its leaf hash (RFC 9162) stands in the receipt. No member's
value and no pupil is in it: a pupil is a salted commitment to a blind index (promise P8).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from exchange import __version__
from exchange.crypto.canonical import Prepared, b64url, canonical
from exchange.crypto.leaves import tree_root
from exchange.crypto.pseudonym import commitment
from exchange.crypto.verify_log import leaf_hash
from exchange.messages.identifiers import Oin, Periode, Schooljaar, Vestigingscode
from exchange.messages.outcome import Outcome
from exchange.ports import GatewayKey, Ids, KeyProvider, KeyUse
from exchange.telemetry.trace import Trace

_VERSION = 1
_SALT_BYTES = 16
_MAC_KEY = GatewayKey(KeyUse.LOG)
_RESOURCE = Prepared({"service.name": "verzuim-exchange", "service.version": __version__})


class Action(StrEnum):
    """What was done; a closed vocabulary."""

    AANGENOMEN = "bericht-aangenomen"
    LIJST_INGEZIEN = "lijst-ingezien"
    OPGEHAALD = "bericht-opgehaald"
    BEVESTIGD = "bericht-bevestigd"
    GEWEIGERD = "bericht-geweigerd"
    TERUGGEMELD = "behandeling-teruggemeld"
    ONTVANGSTBEWIJS_INGEZIEN = "ontvangstbewijs-ingezien"
    DREMPELMELDINGEN_INGEZIEN = "drempelmeldingen-ingezien"
    LEVERING_VRIJGEGEVEN = "levering-vrijgegeven"
    LEVERING_INGETROKKEN = "levering-ingetrokken"
    LEVERINGEN_INGEZIEN = "leveringen-ingezien"
    LEVERING_OPGEHAALD = "levering-opgehaald"
    GEPARKEERD = "bericht-geparkeerd"
    VERVALLEN = "bericht-vervallen"
    GETOETST = "bericht-getoetst"
    VERZOEK_GEWEIGERD = "verzoek-geweigerd"
    VERZOEK_MISLUKT = "verzoek-mislukt"
    REGELS_GEWEIGERD = "regels-geweigerd"
    BELEID_INGEZIEN = "verzuimbeleid-ingezien"
    KALENDER_INGEZIEN = "schoolkalender-ingezien"
    CIJFERS_INGEZIEN = "schoolcijfers-ingezien"
    LOGREGELS_INGEZIEN = "logregels-ingezien"
    LOGREGELS_UITGEVOERD = "logregels-uitgevoerd"
    LOGOVERZICHT_INGEZIEN = "logoverzicht-ingezien"
    BEVINDINGEN_INGEZIEN = "bevindingen-ingezien"
    BEVINDING_BEOORDEELD = "bevinding-beoordeeld"
    LOGBEWIJS_INGEZIEN = "logbewijs-ingezien"
    INTEGRITEIT_GETOETST = "integriteit-getoetst"
    BEWAARKETEN_INGEZIEN = "bewaarketen-ingezien"
    LOGBOEK_UITGEVOERD = "logboek-uitgevoerd"
    GETUIGE_VERTROUWD = "getuige-vertrouwd"
    GETUIGE_INGETROKKEN = "getuige-ingetrokken"
    INZAGE_GEGEVEN = "inzage-gegeven"
    BEWAARTERMIJN_UITGEVOERD = "bewaartermijn-uitgevoerd"
    SLEUTEL_VERNIETIGD = "sleutel-vernietigd"
    SLEUTEL_GEREGISTREERD = "sleutel-geregistreerd"
    BELEID_VASTGELEGD = "verzuimbeleid-vastgelegd"
    KALENDER_VASTGELEGD = "schoolkalender-vastgelegd"
    LEERLINGAANTALLEN_VASTGELEGD = "leerlingaantallen-vastgelegd"
    SCHOOLCIJFERS_VASTGELEGD = "schoolcijfers-vastgelegd"
    REGISTER_INGELEZEN = "register-ingelezen"
    PARTIJ_AANGESLOTEN = "partij-aangesloten"
    PARTIJ_GEWIJZIGD = "partij-gewijzigd"
    AANSLUITING_BEEINDIGD = "aansluiting-beeindigd"
    MANDAAT_GEGEVEN = "mandaat-gegeven"
    MANDAAT_BEEINDIGD = "mandaat-beeindigd"
    SLEUTEL_GOEDGEKEURD = "sleutel-goedgekeurd"
    SLEUTEL_VERVANGEN = "sleutel-vervangen"
    ACCOUNT_GEMAAKT = "toezichtaccount-gemaakt"
    ACCOUNT_BEEINDIGD = "toezichtaccount-beeindigd"
    AANMELDLINK_GEMAAKT = "aanmeldlink-gemaakt"
    AANGEMELD = "aangemeld"
    AANMELDING_GEWEIGERD = "aanmelding-geweigerd"
    AFGEMELD = "afgemeld"


# LDV: what the user did wrong is no error of the processing; only our own fault is.
_STATUS = {Outcome.OK: "Ok", Outcome.GEWEIGERD: "Unset", Outcome.FOUT: "Error"}


@dataclass(frozen=True, slots=True)
class Subject:
    """A pupil that a record is about, as a blind index of one vestiging and schooljaar.

    ``periode`` is the month with whose registrations the link to this pupil goes, if any.
    """

    vestigingscode: Vestigingscode
    schooljaar: Schooljaar
    blind_index: bytes = field(repr=False)
    periode: Periode | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """What a record says, before it has an id and a hash.

    ``activiteit`` names the versioned processing activity; ``velden`` names the members that were
    accepted or handed out, ``code`` says why not; ``bijzonderheden`` holds names, counts and ids
    only.
    """

    action: Action
    activiteit: str
    actor: Oin | None
    namens: str | None
    trace: Trace
    started_at: datetime
    ended_at: datetime
    bericht_id: UUID | None = None
    recipient: Oin | None = None
    thumbprint: str | None = None
    beleid: str | None = None
    uitkomst: Outcome = Outcome.OK
    code: str | None = None
    velden: Sequence[str] = ()
    bijzonderheden: Mapping[str, Any] = field(default_factory=dict)
    subjects: Sequence[Subject] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """The side table's row: it finds a pupil's records, and goes when their data goes."""

    subject: Subject
    salt: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class LogRecord:
    """A record as it is stored and proven."""

    entry: UUID
    happening: Happening
    leaf: bytes = field(repr=False)
    leaf_hash: bytes
    links: tuple[Link, ...] = field(repr=False)


def record(happening: Happening, keys: KeyProvider, ids: Ids) -> LogRecord:
    """Make the final bytes of a record and its links to pupils."""
    entry = ids.uuid7()
    links = tuple(Link(subject, ids.random(_SALT_BYTES)) for subject in happening.subjects)
    before, after = _around_mac(_document(entry, happening, links))
    mac = b64url(keys.mac(_MAC_KEY, before + b"," + after)).encode()
    leaf = before + b',"mac":"' + mac + b'",' + after
    return LogRecord(entry, happening, leaf, leaf_hash(leaf), links)


def _around_mac(document: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """Give the canonical form cut where the member ``mac`` comes; some stand on either side."""
    before = canonical({name: value for name, value in document.items() if name < "mac"})
    after = canonical({name: value for name, value in document.items() if name > "mac"})
    return before[:-1], after[1:]


def _document(entry: UUID, happening: Happening, links: Sequence[Link]) -> dict[str, Any]:
    optional: dict[str, Any] = {
        "actor": str(happening.actor) if happening.actor else None,
        "namens": happening.namens,
        "ontvanger": str(happening.recipient) if happening.recipient else None,
        "berichtId": str(happening.bericht_id) if happening.bericht_id else None,
        "toegangspunt": happening.thumbprint,
        "beleid": happening.beleid,
        "code": happening.code,
        "velden": sorted(set(happening.velden)) or None,
        "parent_span_id": happening.trace.parent_span_id or None,
    }
    return {
        "versie": _VERSION,
        "entry": str(entry),
        "trace_id": happening.trace.trace_id,
        "span_id": happening.trace.span_id,
        "status": _STATUS[happening.uitkomst],
        "name": happening.action.value,
        "start_time": _milliseconds(happening.started_at),
        "end_time": _milliseconds(happening.ended_at),
        "attributes": {
            "dpl.core.processing_activity_id": happening.activiteit,
            **_foreign_operation(happening),
            **_subject_attributes(links),
        },
        "resource": _RESOURCE,
        "uitkomst": happening.uitkomst.value,
        "bijzonderheden": dict(happening.bijzonderheden),
        **{name: value for name, value in optional.items() if value is not None},
    }


def _foreign_operation(happening: Happening) -> dict[str, str]:
    """Name whose operation this one was part of: who sent its own span along called us in it."""
    if happening.actor is None or not happening.trace.parent_span_id:
        return {}
    return {"dpl.core.foreign_operation.processor": f"oin:{happening.actor}"}


def _subject_attributes(links: Sequence[Link]) -> dict[str, Any]:
    """One pupil stands in the record itself; of many it holds the root of a tree over them.

    The children are the commitments in their own order, so that no place says anything.
    """
    if not links:
        return {}
    commitments = sorted(commitment(link.salt, link.subject.blind_index) for link in links)
    if len(commitments) == 1:
        return {
            "dpl.core.data_subject_id": b64url(commitments[0]),
            "dpl.core.data_subject_id_type": "vx-verbintenis/1",
        }
    return {
        "dpl.core.data_subject_id": b64url(tree_root(commitments)),
        "dpl.core.data_subject_id_type": "vx-boom/1",
        "aantal_betrokkenen": len(commitments),
    }


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
