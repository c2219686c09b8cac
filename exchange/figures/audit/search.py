"""Looks for the witnesses that a pattern needs: cheap ones first, then with an integer program."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence

from exchange.figures.audit.check import is_table, protects
from exchange.figures.audit.claims import Claim, claims
from exchange.figures.audit.draft import draft
from exchange.figures.audit.findings import Finding, Wrong, finding
from exchange.figures.audit.insiders import exposed_to, informed, owners_by_row, who_sees
from exchange.figures.audit.program import Answer, Program, Wanted
from exchange.figures.audit.scopes import Scope, scopes
from exchange.figures.audit.view import JOINT, WIDTH, Deviations, View, cell_of
from exchange.figures.secrets import Problem

_PROGRAMS_KEPT = 8
_TOLD_EVERY = 2_000
Report = Callable[[str], None]
"""Told in Dutch what is being done, for whoever waits; it decides nothing."""

_WRONGS = tuple(Wrong)
_NOBODY: frozenset[int] = frozenset()


class Search:
    """The witnesses found so far, and for each cell which of them protect it."""

    def __init__(self, problem: Problem, known: View, report: Report) -> None:
        self._problem = problem
        self._view = known
        self._report = report
        self._insiders = informed(problem.insiders, problem.table)
        self._owners = owners_by_row(self._insiders, problem.table)
        self._programs: OrderedDict[tuple[Scope, bool], Program] = OrderedDict()
        self._protecting: dict[int, list[Deviations]] = {}
        self._differing: dict[int, list[Deviations]] = {}
        self.witnesses: list[Deviations] = []
        self.findings: list[Finding] = []

    def run(self) -> None:
        """Find witnesses for every claim; what has none becomes a finding."""
        claimed = sorted(claims(self._problem, self._view), key=self._place)
        for done, claim in enumerate(claimed):
            self._tell("buitenstaanders", done, len(claimed))
            self._against_outsiders(claim)
        asking = [claim for claim in claimed if claim.insider]
        for done, claim in enumerate(asking):
            self._tell("ingewijden", done, len(asking))
            self._against_insiders(claim)
        self.findings.sort(key=lambda one: (one.cell, _WRONGS.index(one.wrong), str(one)))

    def _against_outsiders(self, claim: Claim) -> None:
        for amount, wrong in ((-claim.down, Wrong.OMLAAG), (claim.up, Wrong.OMHOOG)):
            if not amount or self._moves(claim.number, amount):
                continue
            witness = self._find(claim.number, (amount,), _NOBODY)
            if witness is None:
                self.findings.append(self._finding(claim, wrong))
            else:
                self._add(witness)

    def _against_insiders(self, claim: Claim) -> None:
        """Whoever owns no row of some witness is answered by it; only the others are tried."""
        if claim.number not in self._protecting and not self._differs(claim, None):
            return
        exposed = exposed_to(claim.number, self._differing[claim.number], self._owners)
        while exposed:
            position = min(exposed)
            exposed.remove(position)
            if self._differs(claim, position):
                exposed &= who_sees(self.witnesses[-1], self._owners)

    def _differs(self, claim: Claim, position: int | None) -> bool:
        """Whether the cell has a second value for this insider, or for everybody."""
        fixed = _NOBODY if position is None else self._insiders[position].rows
        witness = self._find(claim.number, (-1, 1), fixed)
        if witness is None and position is not None:
            witness = self._find(claim.number, (-1, 1), fixed, presuming=False)
        if witness is None:
            self.findings.append(self._finding(claim, Wrong.AFLEIDBAAR, position))
        else:
            self._add(witness)
        return witness is not None

    def _find(
        self,
        number: int,
        amounts: Sequence[int],
        fixed: Collection[int],
        *,
        presuming: bool = True,
    ) -> Deviations | None:
        """Give a table that differs by one of these amounts, or further, outside ``fixed`` rows."""
        free = self._view.free(number) if presuming else self._view.hidden
        for amount in amounts:
            found = draft(self._view, free, fixed, number, amount)
            if found is not None and is_table(self._view, found):
                return found
        for amount in amounts:
            answer = self._ask(Wanted(number, amount, free, fixed))
            if answer is not None:
                return answer
        return None

    def _ask(self, wanted: Wanted) -> Deviations | None:
        """Look in ever larger parts of the tree, until a table is found or there can be none."""
        row, column = divmod(wanted.number, WIDTH)
        for scope in scopes(self._view, row):
            answer = self._program(scope, column >= JOINT).ask(wanted)
            if answer is Answer.NONE:
                return None
            if not isinstance(answer, Answer) and is_table(self._view, answer):
                return answer
        return None

    def _program(self, scope: Scope, messages: bool) -> Program:
        key = scope, messages
        if key not in self._programs:
            self._programs[key] = Program(self._view, scope.rows(self._view), messages)
            if len(self._programs) > _PROGRAMS_KEPT:
                self._programs.popitem(last=False)
        self._programs.move_to_end(key)
        return self._programs[key]

    def _add(self, witness: Deviations) -> None:
        self.witnesses.append(witness)
        for number in witness:
            self._differing.setdefault(number, []).append(witness)
        for number in protects(self._view, witness):
            self._protecting.setdefault(number, []).append(witness)

    def _moves(self, number: int, amount: int) -> bool:
        """Whether a witness at hand already moves the cell far enough."""
        found = self._protecting.get(number, ())
        if amount < 0:
            return any(witness[number] <= amount for witness in found)
        return any(witness[number] >= amount for witness in found)

    def _place(self, claim: Claim) -> tuple[int, ...]:
        """Cells that lie together in the tree are looked at together: a program serves them all."""
        path = [claim.number // WIDTH]
        while (parent := self._view.parent[path[-1]]) is not None:
            path.append(parent)
        return (*reversed(path), claim.number)

    def _finding(self, claim: Claim, wrong: Wrong, position: int | None = None) -> Finding:
        insider = None if position is None else self._problem.insiders[position]
        return finding(self._problem.table, cell_of(claim.number), wrong, insider)

    def _tell(self, against: str, done: int, total: int) -> None:
        if done % _TOLD_EVERY == 0:
            self._report(f"controle tegen {against}: {done} van {total} cellen")
