"""The ontvangstbewijs: what the school gets to prove what it sent and what passed on to whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from exchange.crypto.canonical import Prepared, b64url, json_bytes
from exchange.crypto.receipts import sign_detached, sign_form
from exchange.messages.identifiers import Oin
from exchange.messages.soort import Soort
from exchange.policy.necessity import Decided
from exchange.policy.parties import Role
from exchange.policy.status import Status
from exchange.ports import KeyProvider
from exchange.values import Value


@lru_cache(maxsize=4096)
def stream_line(
    rol: Role, ontvanger: Oin | None, status: Status, decided: Decided, beleid: date
) -> Prepared:
    """Say what became of each member for one role, by name, and where the message stands there.

    Few lines differ, by recipient and by which optional members there are; the same line is the
    same object, so change nothing in it.
    """
    return Prepared(
        {
            "rol": rol.value,
            "ontvanger": str(ontvanger) if ontvanger else None,
            "status": status.value,
            "doorgegeven": list(decided.doorgegeven),
            "gegeneraliseerd": list(decided.gegeneraliseerd),
            "afgeleid": list(decided.afgeleid),
            "route": list(decided.route),
            "ingehouden": [{"veld": veld, "grond": grond} for veld, grond in decided.ingehouden],
            "beleid": beleid.isoformat(),
        }
    )


class ReceiptFacts(Value, frozen=True):
    """What a receipt states besides its streams."""

    bericht_id: UUID
    soort: Soort
    received_at: datetime
    entry: UUID
    leaf_hash: bytes
    zout: bytes
    inhoudshash: bytes


def make_receipt(facts: ReceiptFacts, streams: Sequence[Prepared]) -> dict[str, Any]:
    """Give the receipt without its signature."""
    return {
        "berichtId": str(facts.bericht_id),
        "ontvangenOp": utc(facts.received_at),
        "soort": facts.soort.value,
        "stromen": list(streams),
        "logboek": {"entry": str(facts.entry), "bladhash": b64url(facts.leaf_hash)},
        "zout": b64url(facts.zout),
        "inhoudshash": b64url(facts.inhoudshash),
    }


def signed_receipt(facts: ReceiptFacts, streams: Sequence[Prepared], keys: KeyProvider) -> bytes:
    """Give ``sign_receipt(make_receipt(...))`` by the short way: both forms are written at once."""
    number, entry, soort = str(facts.bericht_id), str(facts.entry), facts.soort.value
    received, bladhash = utc(facts.received_at), b64url(facts.leaf_hash)
    zout, inhoudshash = b64url(facts.zout), b64url(facts.inhoudshash)
    form = (
        f'{{"berichtId":"{number}","inhoudshash":"{inhoudshash}",'
        f'"logboek":{{"bladhash":"{bladhash}","entry":"{entry}"}},"ontvangenOp":"{received}",'
        f'"soort":"{soort}","stromen":[{",".join([line.form for line in streams])}],'
        f'"zout":"{zout}"}}'
    )
    return (
        f'{{"berichtId":"{number}","ontvangenOp":"{received}","soort":"{soort}",'
        f'"stromen":[{",".join([line.text for line in streams])}],'
        f'"logboek":{{"entry":"{entry}","bladhash":"{bladhash}"}},"zout":"{zout}",'
        f'"inhoudshash":"{inhoudshash}","handtekening":"{sign_form(form.encode(), keys)}"}}'
    ).encode()


def sign_receipt(receipt: Mapping[str, Any], keys: KeyProvider) -> bytes:
    """Give the receipt as JSON bytes with ``handtekening``: detached JWS over JCS of the rest."""
    signed = {**receipt, "handtekening": sign_detached(receipt, keys)}
    return json_bytes(signed)


def as_of(
    receipt: Mapping[str, Any], statuses: Mapping[str, str], today_at: datetime
) -> dict[str, Any]:
    """Give the unsigned receipt with the status of each stream as it stands at ``today_at``."""
    unsigned = {name: value for name, value in receipt.items() if name != "handtekening"}
    streams = [
        {**stream, "status": statuses.get(stream["rol"], stream["status"])}
        for stream in receipt["stromen"]
    ]
    return {**unsigned, "stromen": streams, "peildatum": utc(today_at)}


def utc(moment: datetime) -> str:
    """Write an aware moment as the wire wants it: UTC with milliseconds and Z."""
    return f"{moment.astimezone(UTC).isoformat(timespec='milliseconds')[:23]}Z"
