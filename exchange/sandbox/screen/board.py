"""Everything there is to show, collected from whoever knows it; it draws nothing itself."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from exchange.messages.antwoord import Behandeling
from exchange.sandbox.story.delivery import Delivered
from exchange.sandbox.story.plan import Planned
from exchange.sandbox.story.told import Told

_REMEMBERED = 50


class State(StrEnum):
    """How a part does."""

    START = "start"
    DRAAIT = "draait"
    HERSTART = "start opnieuw"
    GESTOPT = "gestopt"


@dataclass(frozen=True, slots=True)
class PartLine:
    """A part as it is shown; ``restarts`` counts since this sandbox started."""

    name: str
    state: State
    pid: int | None = None
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, in words."""

    at: datetime
    text: str


class Board:
    """What the screens show; several threads write on it. ``hear`` gets every event at once."""

    def __init__(self, hear: Callable[[Event], None]) -> None:
        self._hear = hear
        self._lock = threading.RLock()
        self._told: dict[int, Told] = {}
        self._handled: dict[tuple[int, Behandeling], None] = {}
        self._delivered: list[Delivered] = []
        self._parts: dict[str, PartLine] = {}
        self._events: deque[Event] = deque(maxlen=_REMEMBERED)
        self.arrived: Mapping[str, int] = {}
        self.planned = 0
        self.planned_lines = 0

    def note(self, text: str) -> None:
        """Note an event."""
        event = Event(datetime.now().astimezone(), text)
        with self._lock:
            self._events.append(event)
            self._hear(event)

    def part(self, name: str, state: State, *, why: str = "", pid: int | None = None) -> None:
        """Note how a part does now."""
        with self._lock:
            known = self._parts.get(name, PartLine(name, State.START))
            again = state is State.DRAAIT and known.state is not State.START
            self._parts[name] = replace(
                known, state=state, pid=pid, restarts=known.restarts + int(again)
            )
            self.note(f"{name} {state.value}{f' ({why})' if why else ''}")

    def expects(self, messages: int, lines: int) -> None:
        """Note how many messages will be sent, and how many lines of registrations."""
        self.planned, self.planned_lines = messages, lines

    def delivered(self, one: Delivered) -> None:
        """Note what became of a delivery of registrations: no event, there are too many."""
        with self._lock:
            self._delivered.append(one)

    def told(self, told: Told) -> None:
        """Note what became of a message, or of its intrekking."""
        with self._lock:
            self._told[told.planned.number] = told
            self.note(sentence_about(told))

    def handled(self, told: Told, status: Behandeling) -> None:
        """Note that a school was told how its message is handled."""
        with self._lock:
            self._handled[(told.planned.number, status)] = None
            self.note(f"{_named(told.planned)}: leerplicht meldt terug: {status.value}")

    def journals(self, lengths: Mapping[str, int]) -> None:
        """Note how many lines each journal has."""
        self.arrived = lengths

    def parts(self) -> list[PartLine]:
        """Give every part, in the order in which they came."""
        with self._lock:
            return list(self._parts.values())

    def latest(self, count: int) -> list[Event]:
        """Give the last events."""
        with self._lock:
            return list(self._events)[-count:]

    def tellings(self) -> list[Told]:
        """Give what was sent so far, in order."""
        with self._lock:
            return [self._told[number] for number in sorted(self._told)]

    def deliveries(self) -> list[Delivered]:
        """Give every delivery of registrations so far, in order."""
        with self._lock:
            return list(self._delivered)

    def handlings(self) -> int:
        """Give how many reports leerplicht gave."""
        with self._lock:
            return len(self._handled)


def sentence_about(told: Told) -> str:
    """Say what became of a message, without a word about the pupil."""
    name = _named(told.planned)
    if told.withdrawal is not None:
        how = "voor het opgehaald was" if told.was_stopped else "leerplicht krijgt de intrekking"
        return f"{name}: ingetrokken, {how}"
    if told.receipt is not None:
        return f"{name}: aangenomen{'' if told.is_new else ' (al bekend)'}"
    problem = told.problem or {}
    where = ", ".join(fault["pointer"] for fault in problem.get("fouten", ()) if fault["pointer"])
    return f"{name}: geweigerd, {problem.get('code', told.status)}{f' ({where})' if where else ''}"


def _named(planned: Planned) -> str:
    about = f", {planned.about}" if planned.about else ""
    return (
        f"{planned.name} van {planned.body['vestigingscode']}"
        f" naar gemeente {planned.body['woongemeente']}{about}"
    )
