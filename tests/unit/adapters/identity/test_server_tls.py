"""A running listener takes new certificates and CAs into use, and keeps what it has on half."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from adapters.http import client_context
from adapters.identity.mtls import peer_from_tls
from adapters.identity.server_tls import ServerTls
from adapters.identity.trust import Trust
from exchange.crypto.pki import make_authority, make_client, make_intermediate, make_server
from tests.unit.adapters.identity.loopback import (
    OIN,
    VALID,
    EchoPeer,
    Files,
    FixedClock,
    Pki,
    ask,
    serving,
)


class Listening:
    """A listener with files of its own, which a test replaces while it serves."""

    def __init__(self, folder: Path) -> None:
        self.pki = Pki(folder)
        self.tls = ServerTls(self.pki.server.cert, self.pki.server.key, self.pki.ca)
        self.clock = FixedClock()
        self.app = EchoPeer(peer_from_tls(Trust(self.pki.ca, None, self.clock)))

    def anonymous(self, ca: Path | None = None) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=ca or self.pki.ca)

    def client(self, files: Files) -> ssl.SSLContext:
        return client_context(self.pki.ca, files.cert, files.key)


@pytest.fixture
def listening(tmp_path: Path) -> Listening:
    return Listening(tmp_path)


def test_a_new_server_certificate_serves_the_next_connection(listening: Listening) -> None:
    pki = listening.pki
    with serving(listening.app, listening.tls.context) as port:
        assert ask(port, listening.anonymous())["oin"] is None
        with pytest.raises(httpx.ConnectError):
            ask(port, listening.anonymous(pki.foreign_ca))
        pki.write("server", make_server(pki.foreign, VALID))
        with capture_logs() as said:
            listening.tls.look()
            listening.tls.look()
        assert [line["event"] for line in said] == ["trust-loaded"]
        assert ask(port, listening.anonymous(pki.foreign_ca))["oin"] is None
        with pytest.raises(httpx.ConnectError):
            ask(port, listening.anonymous())


@pytest.mark.parametrize("half", ["cert", "key", "ca"])
def test_half_a_pair_and_a_broken_file_leave_all_as_it_was(listening: Listening, half: str) -> None:
    pki = listening.pki
    new = make_server(pki.authority, VALID)
    replaced = {"cert": pki.server.cert, "key": pki.server.key, "ca": pki.ca}[half]
    before = replaced.read_bytes()
    with serving(listening.app, listening.tls.context) as port:
        trusting = listening.anonymous()
        replaced.write_bytes({"cert": new.certificate, "key": new.key, "ca": b""}[half])
        with capture_logs() as said:
            listening.tls.look()
            listening.tls.look()
        assert [(line["event"], line["part"]) for line in said] == [
            ("trust-lost", "server-certificate")
        ]
        assert ask(port, trusting)["oin"] is None
        replaced.write_bytes(before)
        if half != "ca":
            pki.write("server", new)
        listening.tls.look()
        assert ask(port, listening.anonymous())["oin"] is None


def test_clients_of_a_new_ca_come_in_without_a_restart(listening: Listening) -> None:
    pki = listening.pki
    new = make_authority("Nieuwe CA", VALID)
    client = pki.write("new-client", make_client(new, OIN, "Gemeente", "nieuw", VALID))
    with serving(listening.app, listening.tls.context) as port:
        with pytest.raises(httpx.TransportError):
            ask(port, listening.client(client))
        pki.ca.write_bytes(pki.authority.certificate + new.certificate)
        listening.tls.look()
        listening.clock.moment = VALID.not_after  # the trust looks as well
        assert ask(port, listening.client(client))["oin"] == str(OIN)


def test_a_ca_that_was_removed_is_refused_behind_tls(listening: Listening) -> None:
    pki = listening.pki
    with serving(listening.app, listening.tls.context) as port:
        trusting = listening.client(pki.client)
        assert ask(port, trusting)["oin"] == str(OIN)
        pki.ca.write_bytes(pki.foreign.certificate)
        listening.tls.look()
        listening.clock.moment = VALID.not_after
        assert ask(port, trusting)["refused"] == "niet-aangemeld"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_may_bring_the_ca_between(listening: Listening, version: ssl.TLSVersion) -> None:
    pki = listening.pki
    root = make_authority("Stam", VALID, path_length=1)
    between = make_intermediate(root, "Tussen", VALID)
    made = make_client(between, OIN, "Gemeente", "client", VALID)
    client = pki.write("far-client", made)
    pki.ca.write_bytes(pki.authority.certificate + root.certificate)
    listening.tls.look()
    listening.clock.moment = VALID.not_after
    with serving(listening.app, listening.tls.context) as port:
        for chain, believed in ((b"", False), (between.certificate, True)):
            client.cert.write_bytes(made.certificate + chain)
            context = listening.client(client)
            context.maximum_version = version
            if believed:
                assert ask(port, context)["oin"] == str(OIN)
            else:
                with pytest.raises(httpx.TransportError):
                    ask(port, context)
