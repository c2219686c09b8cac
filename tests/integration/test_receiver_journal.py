"""A receiver that is killed at the worst moment writes each message once (contract section 6).

Real processes over real mTLS: the gateway is simulated, the receiver, its TLS and its disk are not.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

from adapters.identity.mtls import peer_from_tls
from adapters.identity.peers import Scope
from tests.unit.adapters.identity.loopback import OIN, Pki, serving
from tests.unit.adapters.leerplicht.gateway import PGN, SimulatedGateway, problem

REPOSITORY = Path(__file__).parents[2]
RECEIVE = """
import json, sys, threading
from pathlib import Path
from adapters.leerplicht.receiver import Receiver, ReceiverSettings
from exchange.messages.identifiers import Oin
given = json.loads(sys.argv[1])
stop = threading.Event()
paths = {name: Path(value) for name, value in given["paths"].items()}
settings = ReceiverSettings(given["url"], Oin(given["oin"]), **paths, poll_seconds=0.01)
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
Receiver(settings, lambda event, **fields: print(event, json.dumps(fields), flush=True)).run(stop)
"""


class OverAsgi:
    """The simulated gateway behind a real server; it knows its caller by the certificate."""

    def __init__(self, gateway: SimulatedGateway, pki: Pki) -> None:
        self._gateway = gateway
        self._peer_of = peer_from_tls(pki.trust())

    async def __call__(self, scope: Scope, receive: Scope, send: Scope) -> None:
        body = (await receive()).get("body", b"")
        path, query = scope["path"], scope["query_string"].decode()
        request = httpx.Request(scope["method"], f"https://x{path}?{query}", content=body)
        peer = self._peer_of(scope)
        answer = problem(401, "niet-aangemeld")
        if peer is not None and peer.oin == OIN:
            answer = self._gateway.handle(request)
        headers = [(b"content-length", str(len(answer.content)).encode())]
        await send(
            {"type": "http.response.start", "status": answer.status_code, "headers": headers}
        )
        await send({"type": "http.response.body", "body": answer.content})


class Office:
    """Starts receivers as processes of their own and reads what is left on disk."""

    def __init__(self, pki: Pki, folder: Path, port: int) -> None:
        self.journal = folder / "leerplicht.ndjson"
        self._processes: list[subprocess.Popen[str]] = []
        self._given = {
            "url": f"https://localhost:{port}",
            "oin": str(OIN),
            "paths": {
                "ca": str(pki.ca),
                "cert": str(pki.client.cert),
                "key": str(pki.client.key),
                "private_key": str(folder / "leerplicht.jwks"),
                "journal": str(self.journal),
            },
        }

    def start(self) -> subprocess.Popen[str]:
        """Start a receiver; it stops when its standard input closes."""
        process = subprocess.Popen(
            [sys.executable, "-c", RECEIVE, json.dumps(self._given)],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._processes.append(process)
        return process

    def ids(self) -> list[str]:
        """Give the ids in the journal."""
        return [json.loads(line)["berichtId"] for line in self._lines()]

    def written(self) -> int:
        """Count the lines in the journal, a half one too."""
        return len(self._lines())

    def _lines(self) -> list[bytes]:
        """The first line makes the journal."""
        return self.journal.read_bytes().splitlines() if self.journal.exists() else []

    def end(self) -> str:
        """Kill what still runs; give all that was said."""
        told = ""
        for process in self._processes:
            process.kill()
            told += process.communicate()[0]
        return told


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def gateway() -> SimulatedGateway:
    return SimulatedGateway()


@pytest.fixture
def office(pki: Pki, gateway: SimulatedGateway, tmp_path: Path) -> Iterator[Office]:
    with serving(OverAsgi(gateway, pki), pki.server_tls()) as port:
        office = Office(pki, tmp_path, port)
        yield office
        assert PGN not in office.end()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = monotonic() + 20
    while not condition():
        assert monotonic() < deadline
        sleep(0.01)


@pytest.mark.parametrize("arrived", [True, False], ids=["answer-lost", "question-lost"])
def test_a_kill_between_journal_and_acknowledgement_leaves_one_line(
    office: Office, gateway: SimulatedGateway, *, arrived: bool
) -> None:
    process = office.start()
    wait_until(lambda: bool(gateway.registered))

    def kill_at_acknowledgement(request: httpx.Request) -> httpx.Response | None:
        if request.method != "POST":
            return None
        gateway.fault = None
        if arrived:
            gateway.handle(request)
        process.send_signal(signal.SIGKILL)
        return problem(503, "dienst-onbeschikbaar")

    gateway.fault = kill_at_acknowledgement
    first = str(gateway.put())
    assert process.wait(20) == -signal.SIGKILL
    assert office.ids() == [first]
    office.start()
    second = str(gateway.put())
    wait_until(lambda: gateway.statuses() == {"bevestigd"})
    assert office.ids() == [first, second]
    assert gateway.count("GET", first) == 1


def test_kills_at_any_moment_lose_and_double_nothing(
    office: Office, gateway: SimulatedGateway
) -> None:
    gateway.page = 50
    process = office.start()
    wait_until(lambda: bool(gateway.registered))
    ids = []
    for _ in range(5):
        ids += [str(gateway.put()) for _ in range(20)]
        goal = len(ids) - 10
        wait_until(lambda goal=goal: office.written() >= goal)  # type: ignore[misc]  # mypy cannot infer the default
        process.kill()
        process = office.start()
    wait_until(lambda: gateway.statuses() == {"bevestigd"})
    assert office.ids() == ids


def test_a_torn_line_is_written_again_whole(office: Office, gateway: SimulatedGateway) -> None:
    process = office.start()
    wait_until(lambda: bool(gateway.registered))
    first = str(gateway.put())
    wait_until(lambda: gateway.statuses() == {"bevestigd"})
    process.kill()
    process.wait()
    second = gateway.put()
    with office.journal.open("ab") as file:
        file.write(b'{"berichtId":"%s","soort":"sig' % str(second).encode())
    office.start()
    wait_until(lambda: gateway.statuses() == {"bevestigd"})
    assert office.ids() == [first, str(second)]


def test_it_stops_cleanly_when_its_input_closes(office: Office, gateway: SimulatedGateway) -> None:
    process = office.start()
    wait_until(lambda: bool(gateway.registered))
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(10) == 0
    process.stdin = None
