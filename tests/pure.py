"""The flow without its database: the pure stages, composed over values that a test chooses."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

from adapters.keys.memory import MemoryKeyProvider
from exchange.bootstrap.law import open_law
from exchange.crypto.recipient_keys import accept_public_jwk
from exchange.crypto.sealing_keys import RecipientPrivateKey, generate_recipient_key
from exchange.messages.identifiers import (
    Gemeentecode,
    Oin,
    Periode,
    Schooljaar,
    Vestigingscode,
)
from exchange.messages.soort import Soort
from exchange.pipeline.at_rest import digests
from exchange.pipeline.authenticate import authenticate
from exchange.pipeline.classify import classify
from exchange.pipeline.encrypt import encrypt
from exchange.pipeline.intake import intake
from exchange.pipeline.minimise import minimise
from exchange.pipeline.pseudonymise import pseudonymise
from exchange.pipeline.stages import (
    Classified,
    Encrypted,
    Limits,
    Minimised,
    Peer,
    RawRequest,
    Validated,
)
from exchange.pipeline.validate import validate, with_earlier
from exchange.policy.calendar import Schoolkalender
from exchange.policy.facts import (
    Dagverzuim,
    EarlierMessage,
    Facts,
    Telstand,
    Verzuimbeleid,
)
from exchange.policy.law import Law
from exchange.policy.necessity import Mode, NecessityTable, read_necessity
from exchange.policy.needs import needs_of
from exchange.policy.parties import (
    Dienst,
    Directory,
    Gemeente,
    Grant,
    Mandate,
    Party,
    RecipientKey,
    Role,
    Sector,
    Vestiging,
)
from exchange.ports import KeyProvider
from exchange.telemetry.trace import Trace

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
TODAY = NOW.date()
LONG_AGO = date(2000, 1, 1)
TABLE: NecessityTable = read_necessity(
    path.read_text("utf-8")
    for path in (Path(__file__).resolve().parents[1] / "schemas" / "necessity").glob("*.toml")
).on(TODAY)
LAW: Law = open_law()
PRIVATE_KEY = RecipientPrivateKey.parse(generate_recipient_key())
EARLIER_ID = UUID("01a10000-0000-7000-8000-000000000001")
BERICHT_ID = UUID("01a20000-0000-7000-8000-000000000002")
TRACE = Trace("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "")


def oin(number: int) -> Oin:
    """Give a test OIN."""
    return Oin(f"00000099{100000000 + number}000")


SUPPLIER = Party(oin(1), "las", (Grant(Role.LEVERANCIER),))
SCHOOL = Party(oin(2), "school", (Grant(Role.SCHOOL, "99AA"),))
LEERPLICHT = Party(oin(3), "leerplicht", (Grant(Role.LEERPLICHT, "0361"),))
COLLEGE = Party(oin(4), "college", (Grant(Role.COLLEGE, "0361"),))
SWV = Party(oin(5), "swv", (Grant(Role.SWV, "VO2703"),))
OCW = Party(oin(6), "ocw", (Grant(Role.OCW),))
OTHER_LEERPLICHT = Party(oin(7), "leerplicht elders", (Grant(Role.LEERPLICHT, "0599"),))
SOFTWARE_HOUSE = Party(oin(8), "softwarehuis", (Grant(Role.LEVERANCIER),))
FG = Party(oin(9), "fg", (Grant(Role.FG),))
PARTIES = (
    SUPPLIER, SCHOOL, LEERPLICHT, COLLEGE, SWV, OCW, OTHER_LEERPLICHT, SOFTWARE_HOUSE, FG,
)  # fmt: skip
VO = Vestiging(Vestigingscode("99BB00"), Gemeentecode("0361"), Sector.VO, "VO2703", LONG_AGO)
PO = Vestiging(Vestigingscode("99AA00"), Gemeentecode("0361"), Sector.PO, "PO2703", LONG_AGO)


def mandate(supplier: Party, principal: object, dienst: Dienst, **dates: date | None) -> Mandate:
    """Give a mandate that always held, but for the dates that are named."""
    held: dict[str, Any] = {
        "geldig_van": LONG_AGO,
        "geldig_tot": None,
        "betreft_vanaf": LONG_AGO,
        **dates,
    }
    return Mandate(supplier.oin, str(principal), dienst, **held)


def directory(
    parties: Sequence[Party] = PARTIES, mandates: Sequence[Mandate] | None = None
) -> Directory:
    """Give a directory in which everybody is connected and leerplicht has a key."""
    if mandates is None:
        mandates = (
            mandate(SUPPLIER, VO.code, Dienst.AANLEVEREN),
            mandate(SUPPLIER, PO.code, Dienst.AANLEVEREN),
        )
    kid, jwk = accept_public_jwk(PRIVATE_KEY.public_jwk)
    named = (
        ("0361", "Alkmaar", None),
        ("0599", "Rotterdam", None),
        ("0398", "H", date(2021, 12, 31)),
    )
    return Directory(
        parties=MappingProxyType({party.oin: party for party in parties}),
        mandates=tuple(mandates),
        keys=MappingProxyType(
            {p.oin: RecipientKey(p.oin, kid, jwk) for p in parties if p.has(Role.LEERPLICHT)}
        ),
        vestigingen=MappingProxyType({v.code: (v,) for v in (VO, PO)}),
        gemeenten=MappingProxyType(
            {
                Gemeentecode(code): (Gemeente(Gemeentecode(code), naam, LONG_AGO, tot),)
                for code, naam, tot in named
            }
        ),
    )


def earlier_message(soort: Soort = Soort.SIGNAAL, **changes: Any) -> EarlierMessage:  # noqa: ANN401  any part of it
    """Give a message that an intrekking or a replacement may be about."""
    standing = EarlierMessage(
        bericht_id=EARLIER_ID,
        soort=soort,
        vestigingscode=VO.code,
        schooljaar=Schooljaar(2026),
        periode=Periode(2026, 11),
        event_day=date(2026, 11, 13),
        withdrawn=False,
        recipient=LEERPLICHT.oin,
        held=True,
        blind_index=b"\x01" + bytes(32),
    )
    return replace(standing, **changes)


class FixedIds:
    """Ids and salts that are the same in every run."""

    def __init__(self) -> None:
        self._numbers = itertools.count()

    def uuid7(self) -> UUID:
        """Give the next of a fixed series."""
        return UUID(int=BERICHT_ID.int + next(self._numbers))

    def random(self, size: int) -> bytes:
        """Give fixed bytes."""
        return bytes(size)


@dataclass(frozen=True)
class Flow:
    """The pure stages with everything they look at."""

    directory: Directory = field(default_factory=directory)
    table: NecessityTable = TABLE
    mode: Mode = Mode.TRIAL
    sender: Party = SUPPLIER
    vestiging: Vestiging = VO
    kalender: Schoolkalender = field(default_factory=Schoolkalender)
    lesuur: int = 60
    criteria: frozenset[str] = frozenset({"OPLOPEND", "PATROON_VASTE_DAG"})
    has_beleid: bool = True
    earlier: EarlierMessage | None = None
    about: UUID = EARLIER_ID
    registered: tuple[Dagverzuim, ...] = ()
    meldingen: tuple[Telstand, ...] = ()
    keys: KeyProvider = field(default_factory=MemoryKeyProvider)

    def validated(
        self, body: Mapping[str, object] | bytes, soort: Soort = Soort.SIGNAAL, key: str = "key-1"
    ) -> Validated:
        """Run steps 1 to 3."""
        about = self.about if soort is Soort.INTREKKING else None
        request = RawRequest(
            soort=soort,
            path="/v1/x",
            headers={"content-type": "application/json", "idempotency-key": key},
            body=body if isinstance(body, bytes) else json.dumps(body).encode(),
            peer=Peer(self.sender.oin, "x5t"),
            trace=TRACE,
            about=about,
        )
        caller = authenticate(intake(request, Limits(), NOW), self.directory, self.mode)
        named = (self.earlier or earlier_message()) if about else None
        formal = validate(caller, named, self.directory, self.mode)
        return with_earlier(formal, self.earlier, self.directory)

    def facts(self, valid: Validated) -> Facts:
        """Give what is asked for the rules, and nothing that is not: as the database does."""
        needs = needs_of(valid.caller.received.contract.soort, valid.values)
        first, last = needs.registered or (date.max, date.min)
        has_beleid = self.has_beleid and needs.beleid
        beleid = Verzuimbeleid(1, LONG_AGO, self.lesuur, self.criteria) if has_beleid else None
        return Facts(
            today=TODAY,
            law=LAW,
            directory=self.directory,
            vestiging=self.vestiging,
            beleid=beleid,
            kalender=self.kalender if needs.kalender else Schoolkalender(),
            earlier=valid.earlier,
            registered=tuple(day for day in self.registered if first <= day.datum <= last),
            meldingen=self.meldingen if needs.meldingen else (),
        )

    def classified(self, body: Mapping[str, object], soort: Soort = Soort.SIGNAAL) -> Classified:
        """Run steps 1 to 4."""
        valid = self.validated(body, soort)
        return classify(valid, self.facts(valid), self.table, self.mode)

    def minimised(self, body: Mapping[str, object], soort: Soort = Soort.SIGNAAL) -> Minimised:
        """Run steps 1 to 6."""
        return minimise(pseudonymise(self.classified(body, soort), self.keys), BERICHT_ID)

    def encrypted(self, body: Mapping[str, object], soort: Soort = Soort.SIGNAAL) -> Encrypted:
        """Run steps 1 to 7."""
        minimised = self.minimised(body, soort)
        caller = minimised.pseudonymised.classified.valid.caller
        received, sender = caller.received, caller.party.oin
        made = digests(sender, received.path, received.idempotency_key, received.body, self.keys)
        return encrypt(minimised, made, self.keys, FixedIds())


def signaal(pgn: str = "999970008", **changes: object) -> dict[str, object]:
    """Give the body of a signaal that is accepted as it stands; None leaves a member out."""
    body = {
        "vestigingscode": "99BB00",
        "pgn": pgn,
        "plicht": "leerplichtig",
        "woongemeente": "0361",
        "venster": {"van": "2026-10-26", "tot": "2026-11-13"},
        "ongeoorloofdeMinuten": 540,
        "criterium": "OPLOPEND",
        "oudersGeinformeerdOp": "2026-11-13",
        "actiesSchool": ["GESPREK_OUDERS"],
        "contact": {"rol": "verzuimcoordinator", "email": "verzuim@school.example"},
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


def verzuimmelding(pgn: str = "999970008", **changes: object) -> dict[str, object]:
    """Give the body of a 16-uur melding that just reaches the threshold; None leaves one out."""
    body = {
        "vestigingscode": "99BB00",
        "pgn": pgn,
        "plicht": "leerplichtig",
        "woongemeente": "0361",
        "verzuimsoort": "16-uur",
        "begindatum": "2026-11-02",
        "einddatum": "2026-11-03",
        "dagen": [
            {"datum": "2026-11-02", "minuten": 480},
            {"datum": "2026-11-03", "minuten": 480},
        ],
        "alleLessenGemist": False,
        "actieGemeenteGewenst": True,
        "oudersGeinformeerdOp": "2026-11-03",
        "actiesSchool": ["GESPREK_OUDERS"],
        "contact": {"rol": "verzuimcoordinator", "email": "verzuim@school.example"},
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}
