"""What is for the operator is on the operator's port alone, and nothing else is there (C40)."""

from __future__ import annotations

import json
import ssl

import httpx
import pytest

from tests.deploy.container import Container

FOR_THE_OPERATOR = ("/livez", "/readyz", "/metrics")
SPELLINGS = (
    "{0}",
    "{0}/",
    "{0}?x=1",
    "//{0}",
    "/v1{0}",
    "/console{0}",
    "/.{0}",
    "/v1/..{0}",
    "/%2e%2e{0}",
)
METHODS = ("GET", "HEAD", "POST", "OPTIONS")
_TELLING = ("exchange_", "python_info", "verzegeling", "ok\n")


def _public(container: Container, door: str) -> httpx.Client:
    """Give a client without a certificate at one of the two public doors."""
    if door == "proxy":
        socket = str(container.site.folder / "edge" / "gateway.sock")
        return httpx.Client(
            base_url="http://gateway", transport=httpx.HTTPTransport(uds=socket), trust_env=False
        )
    context = ssl.create_default_context(cafile=container.site.etc / "client-ca.pem")
    base = f"https://localhost:{container.site.port}"
    return httpx.Client(base_url=base, verify=context, trust_env=False)


@pytest.mark.parametrize("door", ["tls", "proxy"])
@pytest.mark.parametrize("path", FOR_THE_OPERATOR)
def test_no_public_door_shows_what_is_for_the_operator(
    container: Container, door: str, path: str
) -> None:
    with _public(container, door) as client:
        assert client.get("/v1/openapi.json").status_code == 200  # the door itself is open
        for spelling in SPELLINGS:
            for method in METHODS:
                answer = client.request(method, spelling.format(path))
                assert answer.status_code in {303, 401, 404, 405}, (method, spelling)
                assert not [word for word in _TELLING if word in answer.text]


def test_the_operators_port_shows_what_is_for_the_operator(container: Container) -> None:
    for path in FOR_THE_OPERATOR:
        assert container.site.operator(path)[0] == 200


def test_the_operators_port_shows_nothing_else(container: Container) -> None:
    document = json.loads(container.site.ask("/v1/openapi.json")[1])
    paths = [f"/v1{path}" if not path.startswith("/v1") else path for path in document["paths"]]
    assert len(paths) > 20
    for path in (*paths, "/v1/openapi.json", "/console", "/docs", "/openapi.json", "/"):
        assert container.site.operator(path.replace("{", "").replace("}", ""))[0] == 404


def test_neither_says_with_what_it_was_made(container: Container) -> None:
    operator = httpx.get(f"http://127.0.0.1:{container.site.operator_port}/livez", trust_env=False)
    with _public(container, "tls") as client:
        for answer in (operator, client.get("/v1/openapi.json"), client.get("/metrics")):
            assert "server" not in answer.headers
            assert "x-powered-by" not in answer.headers
