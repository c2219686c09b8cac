"""Audits a pattern independently of who made it: integer witnesses, or what is not protected.

``audit`` gives a ``Certificate`` or raises ``Unprotected``; ``attack`` gives the same findings as
values. ``check`` verifies a certificate without a solver, raising ``NotProven``. A ``Finding`` has
the cell, what is ``Wrong`` with it, and for whom.
"""

from exchange.figures.audit.auditing import Certificate, attack, audit
from exchange.figures.audit.check import check
from exchange.figures.audit.findings import Finding, NotProven, Unprotected, Wrong

__all__ = [
    "Certificate",
    "Finding",
    "NotProven",
    "Unprotected",
    "Wrong",
    "attack",
    "audit",
    "check",
]
