"""Schools that go on sending through the proxy while something happens, and what they were told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import uuid4

import httpx

from tests.edge.site import Site
from tests.flow.schools import ALKMAAR

_SENDERS = 4
_PATIENCE_SECONDS = 60.0


@dataclass
class Load:
    """How many calls were answered as they must be, and in words the others."""

    site: Site
    answered: int = 0
    failed: list[str] = field(default_factory=list)
    _turn: threading.Condition = field(default_factory=threading.Condition)
    _enough: bool = False

    def wait_for(self, more: int) -> None:
        """Wait until that many more were answered."""
        with self._turn:
            wanted = self.answered + more
            assert self._turn.wait_for(
                lambda: self.answered >= wanted or bool(self.failed), _PATIENCE_SECONDS
            ), "the load came to a standstill"

    def stop(self) -> None:
        """Let every sender finish what it is doing."""
        self._enough = True

    def send(self) -> None:
        """Send signalen one after the other, with a public page in between."""
        with self.site.client(ALKMAAR.sender) as client:
            while not self._enough:
                with self._turn:
                    body = next(self.site.bodies)
                self._note(202, partial(_report, client, body))
                self._note(200, partial(client.get, "/v1/codelijsten"))

    def _note(self, wanted: int, call: Callable[[], httpx.Response]) -> None:
        try:
            answer = call()
            told = "" if answer.status_code == wanted else f"{answer.status_code} {answer.text}"
        except httpx.HTTPError as error:
            told = repr(error)
        with self._turn:
            if told:
                self.failed.append(told)
            else:
                self.answered += 1
            self._turn.notify_all()


def _report(client: httpx.Client, body: dict[str, Any]) -> httpx.Response:
    return client.post("/v1/signalen", json=body, headers={"idempotency-key": str(uuid4())})


@contextmanager
def under_load(site: Site) -> Iterator[Load]:
    """Send from some schools at the same time, until the end of the block."""
    load = Load(site)
    threads = [threading.Thread(target=load.send) for _ in range(_SENDERS)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        load.stop()
        for thread in threads:
            thread.join()
