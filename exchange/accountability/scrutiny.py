"""Holds one stored record against what only the gateway could have written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from exchange.accountability.authenticity import authentic
from exchange.accountability.erasure import read_erasure
from exchange.crypto.verify_log import NotProven
from exchange.ports import KeyProvider
from exchange.storage.log_audit import AuditRow, StoredRecord, UnplacedRow

_GRACE = 60_000  # milliseconds; a record that old has had time enough to get its place


@dataclass(slots=True)
class Scrutiny:
    """Checks records, and remembers how new the newest was that has a place (milliseconds).

    ``kept_from`` says from when a text must still be there at a moment.
    """

    keys: KeyProvider
    kept_from: Callable[[datetime], datetime]
    newest: int = 0

    def hash_of(self, row: AuditRow) -> bytes:
        """Give the leaf hash of a record; raises ``NotProven`` when it is not as it was written."""
        try:
            return self._hash_of(row)
        except NotProven as broken:
            raise NotProven(broken.reason, index=row.index, entry=str(row.entry)) from None

    def require_waiting(self, row: UnplacedRow) -> None:
        """A record without a place is whole, waits for its place, and was not passed over."""
        try:
            self._require_waiting(row)
        except NotProven as broken:
            raise NotProven(broken.reason, entry=str(row.entry)) from None

    def _hash_of(self, row: AuditRow) -> bytes:
        if row.leaf_hash is None:
            raise NotProven("verwijderd: bij deze plaats is er geen regel meer")
        if row.leaf is None:
            self._require_erased_in_time(row, row.leaf_hash)
        else:
            leaf = self._read(row, row.leaf, row.leaf_hash)
            self.newest = max(self.newest, leaf["end_time"])
        return row.leaf_hash

    def _require_waiting(self, row: UnplacedRow) -> None:
        if row.leaf is None or row.leaf_hash is None:
            raise NotProven(
                "zonder plaats en zonder tekst: deze regel heeft de gateway niet gewist"
            )
        leaf = self._read(row, row.leaf, row.leaf_hash)
        if not row.waits or leaf["end_time"] < self.newest - _GRACE:
            raise NotProven("zonder plaats: deze regel is niet verzegeld")

    def _read(self, row: StoredRecord, leaf: bytes, leaf_hash: bytes) -> Mapping[str, Any]:
        read = authentic(row.entry, leaf, leaf_hash, self.keys)
        self._require_columns(read, row)
        return read

    def _require_columns(self, leaf: Mapping[str, Any], row: StoredRecord) -> None:
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
            "erasure": row.erasure,
        }
        wrong = [name for name, value in stored.items() if value != beside[name]]
        if wrong:
            raise NotProven(f"gewijzigd: naast de tekst staat iets anders in {', '.join(wrong)}")

    def _require_erased_in_time(self, row: StoredRecord, leaf_hash: bytes) -> None:
        """Who wipes a text cannot say when it was of, nor that its term was over: the proof can."""
        erasure = read_erasure(row.erasure, row.entry, leaf_hash, self.keys)
        if erasure.ended_at >= self.kept_from(erasure.erased_at):
            raise NotProven("gewist: de tekst is weg voor het einde van de bewaartermijn")
        if _milliseconds(row.recorded_at) != erasure.end_time:
            raise NotProven("gewijzigd: naast de gewiste tekst staat een ander moment")


def _beside(leaf: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "activity": leaf["attributes"]["dpl.core.processing_activity_id"],
        "actor": leaf.get("actor"),
        "recipient": leaf.get("ontvanger"),
        "bericht_id": leaf.get("berichtId"),
        "action": leaf["name"],
        "outcome": leaf["uitkomst"],
        "recorded_at": leaf["end_time"],
        "erasure": None,
    }


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)
