"""A gateway's log over real HTTPS, which can be told to lie in every way there is."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

from exchange.crypto.pki import Validity, make_authority, make_server
from exchange.crypto.verify_log import (
    WITNESS_KEY,
    NotProven,
    read_checkpoint,
    read_vkey,
    verify_cosignature,
)
from tests.naive_log import LOG, checkpoint_of, consistency_of


@dataclass
class Answer:
    """What the server says: by default 200 and the truth."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class LogServer:
    """The log's records, whom it trusts to watch, and how it bends its answers."""

    leaves: list[bytes] = field(default_factory=list)
    trusted: str | None = None
    bend: Callable[[str, Answer], Answer] = field(default=lambda _path, answer: answer)
    asked: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    url: str = ""
    ca: Path = field(default_factory=Path)

    def get(self, path: str) -> Answer:
        self.asked.append(path)
        query = {name: int(values[0]) for name, values in parse_qs(urlsplit(path).query).items()}
        match urlsplit(path).path:
            case "/v1/logboek/checkpoint":
                truth = checkpoint_of(self.leaves).encode()
            case "/v1/logboek/consistentie":
                truth = json.dumps(
                    consistency_of(query["van"], self.leaves[: query["tot"]])
                ).encode()
            case "/v1/sleutels":
                truth = json.dumps({"keys": [{"use": "checkpoint", "vkey": LOG.vkey}]}).encode()
            case _:
                return Answer(b"", 404)
        return self.bend(path, Answer(truth))

    def post(self, path: str, body: bytes) -> Answer:
        """Keep the line of a trusted witness under our newest head."""
        self.asked.append(path)
        note = checkpoint_of(self.leaves) + body.decode() + "\n"
        if self.trusted is None:
            return self.bend(path, Answer(b"{}", 400))
        try:
            witness = read_vkey(self.trusted, WITNESS_KEY)
            verify_cosignature(read_checkpoint(note, read_vkey(LOG.vkey)), witness)
        except NotProven:
            return self.bend(path, Answer(b"{}", 400))
        self.kept.append(body.decode())
        return self.bend(path, Answer(b"{}", 201))


class _Handler(BaseHTTPRequestHandler):
    log_server: ClassVar[LogServer]

    def do_GET(self) -> None:
        self._say(self.log_server.get(self.path))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self._say(self.log_server.post(self.path, body))

    def _say(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in {"content-length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        pass


@contextmanager
def serving(folder: Path) -> Iterator[LogServer]:
    """Serve a log over HTTPS with a certificate of a CA of its own."""
    now = datetime.now(UTC)
    validity = Validity(now - timedelta(hours=1), now + timedelta(hours=1))
    authority = make_authority("a test CA", validity)
    server = make_server(authority, validity)
    for name, content in {
        "ca": authority.certificate,
        "cert": server.certificate,
        "key": server.key,
    }.items():
        (folder / f"{name}.pem").write_bytes(content)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    log = LogServer(ca=folder / "ca.pem")
    handler = type("Handler", (_Handler,), {"log_server": log})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listener:
        listener.daemon_threads = True
        listener.socket = context.wrap_socket(listener.socket, server_side=True)
        log.url = f"https://localhost:{listener.server_port}"
        thread = threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield log
        listener.shutdown()
        thread.join()
