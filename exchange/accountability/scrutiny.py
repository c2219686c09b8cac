"""Holds one stored record against what only the gateway could have written."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from exchange.crypto.canonical import b64url, canonical
from exchange.crypto.verify_log import NotProven, leaf_hash, leaf_of
from exchange.errors import Fault
from exchange.ports import GatewayKey, KeyProvider, KeyUse
from exchange.storage.log_audit import AuditRow

_SLACK = timedelta(minutes=15)  # sealing waits no longer than this before nothing is accepted
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Scrutiny:
    """Checks records in the order of their places, and remembers how far back their texts go.

    ``text_kept_from`` is the moment from which a record must still have its text.
    """

    keys: KeyProvider
    text_kept_from: datetime
    _latest: datetime = _EPOCH

    def hash_of(self, row: AuditRow) -> bytes:
        """Give the leaf hash of a record; raises ``NotProven`` when it is not as it was written."""
        try:
            return self._hash_of(row)
        except NotProven as broken:
            raise NotProven(broken.reason, index=row.index, entry=str(row.entry)) from None

    def _hash_of(self, row: AuditRow) -> bytes:
        if row.leaf_hash is None:
            raise NotProven("verwijderd: bij deze plaats is er geen regel meer")
        if row.leaf is None:
            self._require_old(row)
            return row.leaf_hash
        leaf = leaf_of(row.leaf)
        if leaf.get("entry") != str(row.entry):
            raise NotProven("verwisseld: de tekst van deze regel is van een andere entry")
        self._require_ours(leaf, row.leaf)
        if leaf_hash(row.leaf) != row.leaf_hash:
            raise NotProven("gewijzigd: de bladhash is niet die van de tekst")
        self._require_columns(leaf, row)
        return row.leaf_hash

    def _require_ours(self, leaf: Mapping[str, Any], written: bytes) -> None:
        """Only whoever holds the key of the log could have written these very bytes."""
        text = {name: value for name, value in leaf.items() if name != "mac"}
        for form in (_quick, canonical):
            with suppress(Fault, UnicodeEncodeError):
                mac = b64url(self.keys.mac(GatewayKey(KeyUse.LOG), form(text)))
                if hmac.compare_digest(form({**text, "mac": mac}), written):
                    return
        raise NotProven("gewijzigd of ingevoegd: de gateway heeft deze tekst niet zo geschreven")

    def _require_columns(self, leaf: Mapping[str, Any], row: AuditRow) -> None:
        """What is searched by stands beside the text; it says the same."""
        beside = _beside(leaf)
        stored = {
            "activity": row.activity,
            "actor": row.actor,
            "recipient": row.recipient,
            "bericht_id": str(row.bericht_id) if row.bericht_id else None,
            "action": row.action,
            "outcome": row.outcome,
            "recorded_at": _milliseconds(row.recorded_at),
        }
        wrong = [name for name, value in stored.items() if value != beside[name]]
        if wrong:
            raise NotProven(f"gewijzigd: naast de tekst staat iets anders in {', '.join(wrong)}")
        if row.recorded_at is not None:
            self._latest = max(self._latest, row.recorded_at)

    def _require_old(self, row: AuditRow) -> None:
        """A text goes at the end of its term, and never before that of an older record."""
        recorded_at = row.recorded_at or datetime.max.replace(tzinfo=UTC)
        made_at = _moment_in(row)
        too_young = max(recorded_at, made_at) >= self.text_kept_from
        if too_young or self._latest >= self.text_kept_from + _SLACK:
            raise NotProven("gewist: de tekst is weg voor het einde van de bewaartermijn")


def _quick(value: object) -> bytes:
    """Give the canonical form of almost every record, several times as fast.

    Where it is not that form the MAC does not match, and the real one decides.
    """
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _beside(leaf: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "activity": leaf["attributes"]["dpl.core.processing_activity_id"],
        "actor": leaf.get("actor"),
        "recipient": leaf.get("ontvanger"),
        "bericht_id": leaf.get("berichtId"),
        "action": leaf["name"],
        "outcome": leaf["uitkomst"],
        "recorded_at": leaf["end_time"],
    }


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)


def _moment_in(row: AuditRow) -> datetime:
    """Give the moment that the entry, a UUIDv7, carries in its first 48 bits."""
    return _EPOCH + timedelta(milliseconds=row.entry.int >> 80)
