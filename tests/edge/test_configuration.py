"""The configuration itself: HAProxy takes it without a warning, and its answers are the API's."""

from __future__ import annotations

import json
import os
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from exchange.api.edge import SECURITY_HEADERS
from tests.edge.caller import get, speak
from tests.edge.haproxy import CONFIGURATION, Proxy, check, proxied, socket_folder
from tests.edge.parties import Parties
from tests.edge.stand_in import StandIn, standing_in

_ERRORS = CONFIGURATION / "errors"
_CODED = {401: "niet-aangemeld", 413: "te-groot", 429: "te-veel-verzoeken", 500: "interne-fout",
          503: "dienst-onbeschikbaar"}  # fmt: skip


@pytest.fixture
def environment(parties: Parties) -> dict[str, str]:
    files = {"CERTIFICATE": parties.server, "CLIENT_CA": parties.ca, "CLIENT_CRL": parties.crl}
    return {**os.environ, **{f"EDGE_{name}": str(path) for name, path in files.items()}}


def test_haproxy_takes_the_configuration_without_a_warning(environment: dict[str, str]) -> None:
    checked = check(CONFIGURATION / "haproxy.cfg", environment)
    assert checked.returncode == 0, checked.stderr
    assert "WARNING" not in checked.stderr


def test_a_warning_would_be_seen(environment: dict[str, str], tmp_path: Path) -> None:
    doubtful = tmp_path / "haproxy.cfg"
    doubtful.write_text("frontend nowhere\n  bind :1\n")
    assert check(doubtful, environment).returncode != 0


@pytest.mark.parametrize("missing", ["EDGE_CERTIFICATE", "EDGE_CLIENT_CA", "EDGE_CLIENT_CRL"])
def test_without_one_of_its_files_it_does_not_start(
    environment: dict[str, str], missing: str
) -> None:
    del environment[missing]
    assert check(CONFIGURATION / "haproxy.cfg", environment).returncode != 0


@pytest.mark.parametrize("status", sorted(_CODED))
def test_a_refusal_of_the_proxy_reads_as_the_gateways_own(status: int) -> None:
    code = _CODED[status]
    texts = tomllib.loads(files("exchange.api").joinpath("problems.toml").read_text("utf-8"))[code]
    document = json.loads((_ERRORS / f"{status}.json").read_text())
    assert texts["status"] == status
    assert document == {
        "type": f"/problemen/{code}",
        "title": texts["title"],
        "status": status,
        "detail": texts["detail"],
        "instance": "urn:uuid:%ID",
        "code": code,
        "fouten": [{"pointer": "", "code": code, "detail": texts["detail"]}],
    }


@pytest.mark.parametrize("status", [400, 408])
def test_an_answer_that_is_a_file_has_a_right_head(status: int) -> None:
    head, _, body = (_ERRORS / f"{status}.http").read_bytes().partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    fields = {line.partition(b": ")[0].decode().lower(): line.partition(b": ")[2] for line in lines}
    assert fields["content-length"] == str(len(body)).encode()
    assert fields["content-type"] == b"application/problem+json"
    assert json.loads(body)["status"] == status
    assert {name: fields[name].decode() for name in SECURITY_HEADERS} == SECURITY_HEADERS


def test_a_dead_gateway_is_a_problem_with_every_header(folder: Path, parties: Parties) -> None:
    with proxied(folder, parties, {"RETRIES": "0"}) as alone:
        answer = speak(alone, get())
    assert answer.statuses == [503]
    head, _, body = answer.raw.partition(b"\r\n\r\n")
    named = {line.lower() for line in head.decode().split("\r\n")}
    assert {f"{name}: {value}".lower() for name, value in SECURITY_HEADERS.items()} <= named
    assert {"content-type: application/problem+json", "retry-after: 5"} <= named
    problem = json.loads(body)
    assert problem["code"] == "dienst-onbeschikbaar"
    assert problem["instance"].startswith("urn:uuid:")


def test_what_faces_the_network_is_not_root_and_sees_the_socket_only(
    proxy: Proxy, stand_in: StandIn
) -> None:
    """Who runs the tests without root's rights has none to leave. What answers has settled down."""
    assert speak(proxy, get("/v1/x")).statuses == [200]
    assert len(stand_in.taken) == 1
    master = proxy.process.pid
    (worker,) = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    status = Path(f"/proc/{worker}/status").read_text()
    uid = next(line.split()[1] for line in status.splitlines() if line.startswith("Uid:"))
    assert uid != "0"
    if os.geteuid() == 0:
        assert Path(f"/proc/{worker}/root").resolve() == proxy.socket.parent


def test_a_place_that_took_roots_rights_away_already_needs_no_chroot(
    folder: Path, parties: Parties
) -> None:
    place = socket_folder(folder) / "gateway.sock"
    settings = {"UNPRIVILEGED": "1", "SOCKET": str(place)}
    with proxied(folder, parties, settings) as alone, standing_in(place):
        assert speak(alone, get("/v1/x")).statuses == [200]


def test_the_log_tells_no_path_no_query_and_no_name(proxy: Proxy, stand_in: StandIn) -> None:
    secret = "999990019"  # a test number
    speak(proxy, get(f"/v1/{secret}?q={secret}", f"X: {secret}".encode()), "las-noord")
    speak(proxy, f"{secret} /v1/x HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    speak(proxy, f"GET /{secret} HTTP/1.1\r\n{secret}\r\n\r\n".encode())
    lines = [json.loads(line) for line in proxy.log().splitlines() if line.startswith("{")]
    assert any(line.get("area") == "api" and line.get("certificate") == 1 for line in lines)
    assert secret not in proxy.log()
    assert "las-noord" not in proxy.log()
