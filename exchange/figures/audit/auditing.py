"""Judges a pattern: what is not protected, or a certificate that everything is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from exchange.crypto.canonical import b64url
from exchange.figures.audit.check import check
from exchange.figures.audit.claims import claims, counts
from exchange.figures.audit.document import statement, write
from exchange.figures.audit.findings import Finding, Unprotected, Wrong, finding
from exchange.figures.audit.search import Report, Search
from exchange.figures.audit.view import view
from exchange.figures.measures import measures_of
from exchange.figures.secrets import Problem, follows
from exchange.figures.table import Cell
from exchange.policy.law import Parameters


@dataclass(frozen=True, slots=True)
class Certificate:
    """The proof that a pattern protects a table, as canonical JSON, and how much it proves.

    It holds differences with the true table: it is as secret as the table itself. ``aantallen``
    counts the hidden cells that are proven and, per kind of insider, the pairs of cell and insider.
    """

    document: bytes
    aantallen: Mapping[str, int]

    @property
    def digest(self) -> str:
        """The base64url SHA-256 of the document, which a release carries."""
        return b64url(hashlib.sha256(self.document).digest())


def audit(
    problem: Problem,
    hidden: frozenset[Cell],
    numbers: Parameters,
    report: Report,
    salt: bytes = b"",
) -> Certificate:
    """Give the certificate of a pattern; raise ``Unprotected`` with all that is wrong with it.

    The same table, pattern and salt give the same bytes. A published digest needs a secret random
    ``salt``: without it, who has guessed the whole table could see that the guess was right.
    """
    known = view(problem, hidden, numbers)
    search = Search(problem, known, report)
    findings = _judge(problem, hidden, search)
    if findings:
        raise Unprotected(findings)
    claimed = claims(problem, known)
    document = write(statement(problem, known, numbers, claimed), search.witnesses, salt)
    report("het certificaat wordt nagerekend in gehele getallen")
    check(problem, hidden, numbers, document)
    return Certificate(document, counts(problem, claimed))


def attack(
    problem: Problem, hidden: frozenset[Cell], numbers: Parameters, report: Report
) -> tuple[Finding, ...]:
    """Give everything that is not protected under a pattern; nothing if it may be released."""
    known = view(problem, hidden, numbers)
    return _judge(problem, hidden, Search(problem, known, report))


def _judge(problem: Problem, hidden: frozenset[Cell], search: Search) -> tuple[Finding, ...]:
    shown = tuple(_wrongly_shown(problem, hidden))
    search.run()
    return (*shown, *search.findings)


def _wrongly_shown(problem: Problem, hidden: frozenset[Cell]) -> Iterator[Finding]:
    """The pattern holds what must be hidden in any case, and what follows from it row by row."""
    table = problem.table
    for index, row in enumerate(table.rows):
        gone = [m for m in measures_of(row.niveau) if (index, m) in hidden]
        for measure in measures_of(row.niveau):
            if measure in gone:
                continue
            if (index, measure) in problem.hidden:
                yield finding(table, (index, measure), Wrong.GETOOND)
            elif follows(measure, gone):
                yield finding(table, (index, measure), Wrong.RIJREGEL)
