"""Chooses what a release hides: the cheapest pattern that keeps every secret out of reach.

``protect`` gives a ``Protection`` of a ``Problem`` within a budget of seconds; ``repair`` hides
more around what an auditor found. Exact: choose a pattern, attack it by flows through the sums,
turn each failure into a cut, choose again (Benders; Fischetti and Salazar). Both tell a ``Report``
what they are doing.
"""

from exchange.figures.protect.protection import Exposed, Protection, protect, repair
from exchange.figures.protect.search import Report

__all__ = ["Exposed", "Protection", "Report", "protect", "repair"]
