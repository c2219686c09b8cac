"""What a receiver tells about its work: ids, kinds and rules, never what a message holds."""

from __future__ import annotations

from enum import StrEnum


class ReceiverEvent(StrEnum):
    """One thing that happened; the comment lists its fields."""

    KEY_REGISTERED = "key-registered"  # kid, status
    MESSAGE_RECEIVED = "message-received"  # bericht_id, soort
    MESSAGE_LEFT = "message-left"  # bericht_id, rule: unacknowledged, and tried again later
    JOURNAL_MENDED = "journal-mended"  # removed_bytes of a half-written end, unreadable_lines
    RECEIVING_FAILED = "receiving-failed"  # error, reason: the first failure of a series
    RECEIVING_RESUMED = "receiving-resumed"
