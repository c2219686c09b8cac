"""``exchange sandbox``, from an empty folder to the last part stopped, in numbered steps."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Never

from exchange.bootstrap.administration import Administration, administer
from exchange.bootstrap.keys import make_keys
from exchange.config import Settings
from exchange.policy.calendar import legal_day
from exchange.policy.parties import Role
from exchange.sandbox.callers import Callers
from exchange.sandbox.layout import Layout
from exchange.sandbox.parts import plans
from exchange.sandbox.parts.part import Part
from exchange.sandbox.parts.ports import require_free
from exchange.sandbox.parts.readiness import await_ready
from exchange.sandbox.parts.supervisor import Supervisor
from exchange.sandbox.releasing import Releasing
from exchange.sandbox.screen.choose import open_screen
from exchange.sandbox.screen.next_steps import next_steps
from exchange.sandbox.screen.outcome import Outcome, last_line
from exchange.sandbox.screen.summary import summary_of
from exchange.sandbox.setup import announcement
from exchange.sandbox.setup.certificates import make_certificates
from exchange.sandbox.setup.console import enrol_accounts
from exchange.sandbox.setup.database import running_database
from exchange.sandbox.setup.enrolment import enrol, without_key
from exchange.sandbox.setup.folder import hold, leash
from exchange.sandbox.setup.memory import Memory
from exchange.sandbox.setup.settings import HOST, write_settings
from exchange.sandbox.sign_in_link import SignInLink
from exchange.sandbox.story.example import example_signaal
from exchange.sandbox.story.journals import Journals
from exchange.sandbox.week import Week
from exchange.sandbox.world import Participant, read_world
from exchange.storage.embedded import EmbeddedPostgres

_LOOK_SECONDS = 0.5
_LINK_EVERY = 20  # looks


class Interrupted(Exception):
    """Somebody asked the sandbox to stop."""


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for; ``receives`` is whether reference receivers run."""

    folder: Path
    port: int
    once: bool
    quiet: bool
    receives: bool


def run(options: Options, stop: threading.Event) -> int:
    """Run a sandbox until ``stop``, or once; give the exit code.

    Raises ``Unavailable`` when the folder, a port or a part cannot be used.
    """
    with hold(options.folder) as layout:
        sandbox = _Sandbox(options, layout, stop)
        try:
            return sandbox.run()
        except Interrupted:
            return 1 if options.once else 0


class _Sandbox:
    def __init__(self, options: Options, layout: Layout, stop: threading.Event) -> None:
        self._options = options
        self._layout = layout
        self._stop = stop
        self._started = monotonic()
        self._today = legal_day(datetime.now(UTC))
        self._base_url = announcement.base_url(options.port)
        self._world = read_world()
        self._leerplicht = tuple(p.name for p in self._world.holders(Role.LEERPLICHT))
        self._names = {str(p.oin): p.name for p in self._world.participants.values()}
        title = f"Verzuim Exchange · sandbox · {self._base_url}"
        self._board, self._screen = open_screen(self._names, title, quiet=options.quiet)
        self._link = SignInLink(self._world)
        self._week = Week(self._world, layout, self._board, self._pause, options.receives)

    def run(self) -> int:
        with self._screen, ExitStack() as running:
            keep = self._claim(running)  # (1) nobody else here
            memory = self._prepare()  # (2) certificates
            cluster = running.enter_context(running_database(self._layout))  # (3)
            settings = self._settings(cluster.url)
            memory, keyless = self._enrol(settings, memory)  # (4) the directory
            supervisor = running.enter_context(Supervisor(cluster, self._board, self._move))
            self._start(supervisor, settings, keep)  # (5) the parts
            callers = running.enter_context(Callers(self._layout, self._base_url, self._pause))
            memory = self._week.furnish(callers, keyless, memory, self._today)  # (6) policies, keys
            outcome = self._week.live(callers, memory)  # (7) a month and a school week
            outcome = self._release(settings, callers, memory, outcome)  # (8) the month's figures
            self._link.renew(settings)
            self._announce(cluster.url)  # (9) ready
            self._sum_up(outcome, memory)
            if not self._options.once:
                self._stay(cluster)  # (10) until interrupted
        return 1 if outcome.faults else 0

    def _claim(self, running: ExitStack) -> int:
        """Make sure that nothing of an earlier start is in the way; give what the parts hold."""
        keep = running.enter_context(leash(self._layout))
        require_free(HOST, self._options.port, self._options.port + 1)
        announcement.withdraw_announcement(self._layout)
        return keep

    def _prepare(self) -> Memory:
        self._board.note(f"sandbox in {self._layout.root}")
        make_certificates(self._layout, self._world, datetime.now(UTC))
        self._board.note("database starten")
        return Memory.begin(self._layout.memory, self._today)

    def _settings(self, database_url: str) -> Settings:
        settings = write_settings(self._layout, database_url, self._options.port)
        make_keys(settings)
        return settings

    def _enrol(self, settings: Settings, memory: Memory) -> tuple[Memory, tuple[Participant, ...]]:
        """Fill the directory; in an empty database nothing was laid down, whatever we remember."""

        async def work(
            administration: Administration,
        ) -> tuple[tuple[Participant, ...], tuple[Participant, ...]]:
            newcomers = await enrol(self._world, memory.reference, administration)
            await enrol_accounts(self._world, administration)
            return newcomers, await without_key(self._world, administration)

        newcomers, keyless = administer(settings, work)
        if len(newcomers) == len(self._world.participants):
            return memory.in_an_empty_database(self._today), keyless
        return memory, keyless

    def _release(
        self, settings: Settings, callers: Callers, memory: Memory, outcome: Outcome
    ) -> Outcome:
        releasing = Releasing(self._world, self._layout, self._board)
        periode = outcome.month.month.periode
        memory = releasing.make(settings, memory, periode)
        return outcome.with_levering(releasing.collect(callers, memory, periode))

    def _start(self, supervisor: Supervisor, settings: Settings, keep: int) -> None:
        """Start both first: the gateway is ready when the log of an earlier start is sealed."""
        receivers = self._leerplicht if self._options.receives else ()
        supervisor.add(Part(plans.gateway(self._layout), keep, self._board))
        supervisor.add(Part(plans.workers(self._layout), keep, self._board))
        if settings.operator_listen is not None:
            await_ready(settings.operator_listen, self._pause, self._board.note)
        self._board.note(f"klaar voor verzoeken op {self._base_url}")
        supervisor.add(
            *(Part(plans.receiver(self._layout, name), keep, self._board) for name in receivers)
        )

    def _move(self, database_url: str) -> None:
        write_settings(self._layout, database_url, self._options.port)
        if self._layout.announcement.exists():
            self._announce(database_url)

    def _announce(self, database_url: str) -> None:
        port, journals = self._options.port, self._leerplicht
        secrets = announcement.Secrets(database_url, self._link.path)
        announcement.announce(self._layout, self._world, port, secrets, journals)

    def _sum_up(self, outcome: Outcome, memory: Memory) -> None:
        self._screen.sum_up(
            summary_of(outcome, self._board, self._names, self._world, memory.reference)
        )
        if not self._options.once:
            example = example_signaal(self._world, self._today)
            operator = announcement.operator_url(self._options.port)
            console = f"{self._base_url}{self._link.path}"
            self._screen.sum_up(
                next_steps(self._layout, self._base_url, operator, console, example)
            )
        seconds = monotonic() - self._started
        self._screen.end(last_line(outcome, self._base_url, seconds, once=self._options.once))

    def _stay(self, cluster: EmbeddedPostgres) -> Never:
        journals = Journals({name: self._layout.journal(name) for name in self._leerplicht})
        known = journals.look()
        looks = 0
        while True:
            self._pause(_LOOK_SECONDS)
            looks += 1
            if looks % _LINK_EVERY == 0:
                self._renew_link(cluster.url)
            lengths = journals.look()
            for name in lengths:
                if lengths[name] > known[name]:
                    self._board.note(f"{name} ontving {lengths[name] - known[name]} bericht(en)")
            self._board.journals(lengths)
            known = lengths

    def _renew_link(self, database_url: str) -> None:
        settings = Settings.load(self._layout.root, {})
        if self._link.renew(settings):
            self._announce(database_url)
            self._board.note("de aanmeldlink is gebruikt; een nieuwe staat in sandbox.json")

    def _pause(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise Interrupted
