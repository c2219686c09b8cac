"""Moves a cell as far as the hidden cells around it allow; where it stops is what must be hidden.

Maximum flow by augmenting paths, searched from both ends at once: most paths are a few sums long,
and a search that fails has seen the smaller side of a minimum cut.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from exchange.figures.protect.part import Part

_Step = tuple[int, int]
"""A cell and the direction in which it is passed: 1 from tail to head, -1 back."""
_Seen = dict[int, tuple[int, int] | None]


@dataclass(frozen=True, slots=True)
class Task:
    """Move ``cell`` by ``amount`` while the cells in ``fixed`` stay as they are."""

    cell: int
    up: bool
    amount: int
    fixed: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Moved:
    """How a task ended: the cells that moved along, or the sums at each end that it got stuck in.

    ``stuck`` holds the sums that can be reached from the head of the cell, and from its tail.
    """

    used: frozenset[int]
    stuck: tuple[frozenset[int], frozenset[int]] | None


class Network:
    """The cells of a part that may move, as arcs."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._up = [part.room(cell, up=True) for cell in range(len(part.values))]
        self._down = [part.room(cell, up=False) for cell in range(len(part.values))]
        self._at: list[list[int]] = [[] for _ in range(max((*part.tail, *part.head)) + 1)]
        for cell, ends in enumerate(zip(part.tail, part.head, strict=True)):
            for node in ends:
                self._at[node].append(cell)
        self._open: dict[bool, list[list[int]]] = {}

    def show(self, hidden: Collection[int]) -> None:
        """From now on exactly the cells in ``hidden`` may move."""
        known = self._part.known
        self._open = {
            True: [[cell for cell in cells if cell in hidden] for cells in self._at],
            False: [
                [cell for cell in cells if cell in hidden and cell not in known]
                for cells in self._at
            ],
        }

    def move(self, task: Task) -> Moved:
        """Move a cell, or say where that stops."""
        part, left = self._part, task.amount
        ends = part.head[task.cell], part.tail[task.cell]
        start, goal = ends if task.up else ends[::-1]
        flow: dict[int, int] = {}
        while left > 0:
            path = self._path(start, goal, task, flow)
            if path is None:
                here = self._reach(start, 0, task, flow), self._reach(goal, 1, task, flow)
                return Moved(frozenset(), here if task.up else here[::-1])
            pushed = min(left, *(self._room(cell, sign, flow) for cell, sign in path))
            for cell, sign in path:
                flow[cell] = flow.get(cell, 0) + sign * pushed
            left -= pushed
        return Moved(frozenset(cell for cell, moved in flow.items() if moved), None)

    def crossing(self, nodes: Collection[int], task: Task, *, out: bool) -> dict[int, int]:
        """Give how much each cell, if hidden, could carry out of (or into) a set of sums."""
        part, found = self._part, {}
        still = task.fixed if task.cell in part.known else task.fixed | part.known
        for node in nodes:
            for cell in self._at[node]:
                leaves = part.tail[cell] in nodes
                if leaves is (part.head[cell] in nodes) or cell == task.cell or cell in still:
                    continue
                most = self._up[cell] if leaves is out else self._down[cell]
                if most > 0:
                    found[cell] = most
        return found

    def _path(
        self, start: int, goal: int, task: Task, flow: Mapping[int, int]
    ) -> list[_Step] | None:
        seen: tuple[_Seen, _Seen] = ({start: None}, {goal: None})
        queues, work = (deque([start]), deque([goal])), [0, 0]
        open_at = self._open[task.cell in self._part.known]
        while queues[0] and queues[1]:
            costs = [work[side] + len(open_at[queues[side][0]]) for side in (0, 1)]
            side = int(costs[1] < costs[0])
            work[side] = costs[side]
            node = queues[side].popleft()
            for cell, other in self._steps(node, side, task, flow):
                if other in seen[side]:
                    continue
                seen[side][other] = (cell, node)
                if other in seen[1 - side]:
                    return self._joined(other, seen)
                queues[side].append(other)
        return None

    def _steps(
        self, node: int, side: int, task: Task, flow: Mapping[int, int]
    ) -> list[tuple[int, int]]:
        """Give each cell along which more can move from here (side 0) or to here (side 1)."""
        found, tail, head = [], self._part.tail, self._part.head
        for cell in self._open[task.cell in self._part.known][node]:
            at_tail = tail[cell] == node
            moved = flow.get(cell, 0)
            forward = at_tail == (side == 0)
            room = self._up[cell] - moved if forward else self._down[cell] + moved
            if room > 0 and cell != task.cell and cell not in task.fixed:
                found.append((cell, head[cell] if at_tail else tail[cell]))
        return found

    def _joined(self, middle: int, seen: tuple[_Seen, _Seen]) -> list[_Step]:
        steps, node = [], middle
        while link := seen[0][node]:
            steps.append((link[0], 1 if self._part.head[link[0]] == node else -1))
            node = link[1]
        node = middle
        while link := seen[1][node]:
            steps.append((link[0], 1 if self._part.tail[link[0]] == node else -1))
            node = link[1]
        return steps

    def _room(self, cell: int, sign: int, flow: Mapping[int, int]) -> int:
        moved = flow.get(cell, 0)
        return self._up[cell] - moved if sign > 0 else self._down[cell] + moved

    def _reach(self, end: int, side: int, task: Task, flow: Mapping[int, int]) -> frozenset[int]:
        seen, todo = {end}, [end]
        while todo:
            for _, other in self._steps(todo.pop(), side, task, flow):
                if other not in seen:
                    seen.add(other)
                    todo.append(other)
        return frozenset(seen)
