"""One log record per action, in the terms of Logboek Dataverwerkingen, final when it is made.

Its bytes carry a MAC under a key that lives only in the KeyProvider, so that an edit is named even
if every stored hash was recomputed; its leaf hash (RFC 9162) stands in the receipt. No member's
value and no pupil is in it: a pupil is a salted commitment to a blind index (promise P8).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

from exchange import __version__
from exchange.crypto.canonical import b64url, canonical, in_utf8, quoted
from exchange.crypto.leaves import tree_root
from exchange.crypto.pseudonym import commitment
from exchange.crypto.verify_log import leaf_hash
from exchange.messages.identifiers import Oin, Periode, Schooljaar, Vestigingscode
from exchange.messages.outcome import Outcome
from exchange.ports import GatewayKey, Ids, KeyProvider, KeyUse
from exchange.storage.rows import LogRow, SubjectLinkRow
from exchange.telemetry.trace import Trace
from exchange.values import Value, field

_VERSION = 1
_SALT_BYTES = 16
_MAC_KEY = GatewayKey(KeyUse.LOG)
_RESOURCE = canonical({"service.name": "verzuim-exchange", "service.version": __version__}).decode()


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


class Subject(Value, frozen=True):
    """A pupil that a record is about, as a blind index of one vestiging and schooljaar.

    ``periode`` is the month with whose registrations the link to this pupil goes, if any.
    """

    vestigingscode: Vestigingscode
    schooljaar: Schooljaar
    blind_index: bytes
    periode: Periode | None = None


class Happening(Value, frozen=True):
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


class LogRecord(Value, frozen=True):
    """A record as it is stored and proven, and what finds a pupil's records.

    The links go when the data of their pupils goes.
    """

    row: LogRow
    links: tuple[SubjectLinkRow, ...]

    @property
    def entry(self) -> UUID:
        """Give the record's own id."""
        return self.row.entry

    @property
    def leaf_hash(self) -> bytes:
        """Give what stands in the log's tree for it."""
        return self.row.leaf_hash


def record(happening: Happening, keys: KeyProvider, ids: Ids) -> LogRecord:
    """Make the final bytes of a record and its links to pupils."""
    entry = ids.uuid7()
    actor = str(happening.actor) if happening.actor else None
    links = tuple([_link(subject, ids.random(_SALT_BYTES)) for subject in happening.subjects])
    leaf = _leaf(str(entry), actor, happening, links, keys)
    row = LogRow(
        entry=entry,
        recorded_at=happening.ended_at,
        activity=happening.activiteit,
        actor=actor,
        recipient=happening.recipient,
        bericht_id=happening.bericht_id,
        action=happening.action.value,
        outcome=happening.uitkomst.value,
        leaf=leaf,
        leaf_hash=leaf_hash(leaf),
    )
    return LogRecord(row, links)


def _link(subject: Subject, salt: bytes) -> SubjectLinkRow:
    return SubjectLinkRow(
        vestigingscode=subject.vestigingscode,
        schooljaar=subject.schooljaar,
        salt=salt,
        blind_index=subject.blind_index,
        periode=subject.periode,
    )


# The leaf is the canonical form (RFC 8785) of the record: its members in the order of their names.
# They are written in that order here, each in its own form, so that nothing is sorted or copied.


def _leaf(
    entry: str,
    actor: str | None,
    happening: Happening,
    links: Sequence[SubjectLinkRow],
    keys: KeyProvider,
) -> bytes:
    """Give the final bytes; the MAC is of all other members, some of which stand on either side."""
    before = in_utf8(_before_mac(entry, actor, happening, links))
    after = in_utf8(_after_mac(happening))
    mac = b64url(keys.mac(_MAC_KEY, before + after)).encode()
    return before + b'"mac":"' + mac + b'",' + after


def _before_mac(
    entry: str, actor: str | None, it: Happening, links: Sequence[SubjectLinkRow]
) -> str:
    return (
        f"{{{_member('actor', actor)}"
        f'"attributes":{{{_subjects(links)}{_foreign_operation(actor, it.trace)}'
        f'"dpl.core.processing_activity_id":{quoted(it.activiteit)}}},'
        f"{_member('beleid', it.beleid)}"
        f"{_member('berichtId', str(it.bericht_id) if it.bericht_id else None)}"
        f'"bijzonderheden":{canonical(it.bijzonderheden).decode()},'
        f"{_member('code', it.code)}"
        f'"end_time":{_milliseconds(it.ended_at)},"entry":"{entry}",'
    )


def _after_mac(it: Happening) -> str:
    return (
        f'"name":"{it.action}",'
        f"{_member('namens', it.namens)}"
        f"{_member('ontvanger', str(it.recipient) if it.recipient else None)}"
        f"{_member('parent_span_id', it.trace.parent_span_id or None)}"
        f'"resource":{_RESOURCE},"span_id":{quoted(it.trace.span_id)},'
        f'"start_time":{_milliseconds(it.started_at)},"status":"{_STATUS[it.uitkomst]}",'
        f"{_member('toegangspunt', it.thumbprint)}"
        f'"trace_id":{quoted(it.trace.trace_id)},"uitkomst":"{it.uitkomst}",'
        f'{_velden(tuple(it.velden))}"versie":{_VERSION}}}'
    )


def _member(name: str, value: str | None) -> str:
    """Write a member that may be left out."""
    return "" if value is None else f'"{name}":{quoted(value)},'


@lru_cache(maxsize=1024)
def _velden(names: tuple[str, ...]) -> str:
    """Write the names of members in order; few sets of them differ."""
    return f'"velden":{canonical(sorted(set(names))).decode()},' if names else ""


def _foreign_operation(actor: str | None, trace: Trace) -> str:
    """Name whose operation this one was part of: who sent its own span along called us in it."""
    if actor is None or not trace.parent_span_id:
        return ""
    return f'"dpl.core.foreign_operation.processor":"oin:{actor}",'


def _subjects(links: Sequence[SubjectLinkRow]) -> str:
    """One pupil stands in the record itself; of many it holds the root of a tree over them.

    The children are the commitments in their own order, so that no place says anything.
    """
    if not links:
        return ""
    commitments = [commitment(link.salt, link.blind_index) for link in links]
    if len(commitments) == 1:
        return _about(commitments[0], "vx-verbintenis/1")
    commitments.sort()
    several = _about(tree_root(commitments), "vx-boom/1")
    return f'"aantal_betrokkenen":{len(commitments)},{several}'


def _about(hashed: bytes, kind: str) -> str:
    members = f'"dpl.core.data_subject_id":"{b64url(hashed)}",'
    return f'{members}"dpl.core.data_subject_id_type":"{kind}",'


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
