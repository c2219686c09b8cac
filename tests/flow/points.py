"""The named points at which something is killed, in the order in which a message passes them."""

from __future__ import annotations

BEFORE_THE_COMMIT = (
    "signaal arrives",
    "1 intake",
    "2 authenticate",
    "3 validate",
    "4 classify",
    "5 pseudonymise",
    "6 minimise",
    "7 encrypt",
    "8 written",
)
"""Nothing is stored yet: the next attempt is the first."""

AFTER_THE_COMMIT = (
    "8 committed",
    "8 store",
    "receipt unsent",
    "receipt half sent",
    "receipt sent",
)
"""Stored, and the school may not know it: the next attempt gets the same receipt."""

AT_THE_MAILBOX = (
    "download arrives",
    "bericht-opgehaald",
    "download unsent",
    "download half sent",
    "download sent",
    "acknowledgement arrives",
    "bericht-bevestigd",
    "acknowledgement unsent",
    "acknowledgement half sent",
    "acknowledgement sent",
)
"""A recipient collects; the two Dutch ones lie inside the transaction, just before its commit."""

AT_THE_RECEIVER = ("message opened", "message acknowledged")
"""In the reference receiver: before it writes a message down, and when it has acknowledged it."""

IN_THE_GATEWAY = (*BEFORE_THE_COMMIT, *AFTER_THE_COMMIT, *AT_THE_MAILBOX)
