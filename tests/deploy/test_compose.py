"""The compose file opens one door and closes everything else; no engine runs it here (C36, C44)."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from exchange.config import _ENVIRONMENT
from tests.deploy.prefix import ROOT

DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
_OF_OTHERS = {"POSTGRES_DB", "POSTGRES_PASSWORD_FILE", "POSTGRES_INITDB_ARGS"}


def faults(compose: dict[str, Any]) -> Iterator[str]:
    """Say what is open that should not be."""
    services = compose["services"]
    for name, service in services.items():
        yield from (f"{name}: {what}" for what in _too_much(service))
        yield from (f"{name}: {what}" for what in _loose_secrets(compose, service))
        if name != "haproxy" and service.get("ports"):
            yield f"{name} is reachable"
        leaves = [net for net in service["networks"] if not _is_closed(compose, net)]
        if leaves and name not in {"haproxy", "workers"}:
            yield f"{name} reaches others through {leaves}"
    if "data" in services["haproxy"]["networks"]:
        yield "the proxy reaches the database"
    waits = services["gateway"]["depends_on"]["migrate"]["condition"]
    if waits != "service_completed_successfully":
        yield "the gateway starts before its schema is there"


def _too_much(service: dict[str, Any]) -> Iterator[str]:
    if service.get("read_only") is not True:
        yield "writes its root file system"
    if service.get("cap_drop") != ["ALL"] or service.get("cap_add"):
        yield "keeps rights of root"
    if service.get("security_opt") != ["no-new-privileges:true"] or service.get("privileged"):
        yield "may get more rights"
    if not re.fullmatch(r"[1-9]\d*:[1-9]\d*", str(service.get("user"))):
        yield "is root"
    if service.get("ulimits", {}).get("core") != 0:
        yield "leaves its memory on disk when it crashes"
    if any("docker.sock" in volume for volume in service.get("volumes", [])):
        yield "commands the engine"


def _loose_secrets(compose: dict[str, Any], service: dict[str, Any]) -> Iterator[str]:
    given = set(service.get("secrets", []))
    for variable, value in service.get("environment", {}).items():
        place = re.fullmatch(r"/run/secrets/(\S+)", str(value))
        if variable.endswith(("_FILE", "PASSFILE")) and not place:
            yield f"{variable} is not a file among its secrets"
        if place and place[1] not in given:
            yield f"{variable} names a secret that it is not given"
        if re.search(r"://[^/@\s]*:[^/@\s]*@", str(value)):
            yield f"{variable} holds a password"
        if re.search(r"(?i)password$|secret$|_key$|pin$", variable):
            yield f"{variable} is a secret in the environment"
    for secret in given:
        if set(compose["secrets"][secret]) != {"file"}:
            yield f"{secret} is not a file"


def _is_closed(compose: dict[str, Any], network: str) -> bool:
    return bool(compose["networks"][network].get("internal"))


def test_the_file_has_no_fault() -> None:
    assert list(faults(COMPOSE)) == []


PLANTED: dict[str, Callable[[dict[str, Any]], object]] = {
    "gateway is reachable": lambda c: c["services"]["gateway"].update(ports=["8443:8443"]),
    "gateway reaches others": lambda c: c["services"]["gateway"]["networks"].append("outside"),
    "writes its root": lambda c: c["services"]["workers"].pop("read_only"),
    "keeps rights": lambda c: c["services"]["haproxy"].update(cap_add=["NET_ADMIN"]),
    "is root": lambda c: c["services"]["postgres"].update(user="0:0"),
    "may get more": lambda c: c["services"]["migrate"].pop("security_opt"),
    "holds a password": lambda c: c["services"]["gateway"]["environment"].update(
        DATABASE_URL="postgresql://a:b@postgres/verzuim"
    ),
    "in the environment": lambda c: c["services"]["postgres"]["environment"].update(
        POSTGRES_PASSWORD="x"
    ),
    "is not given": lambda c: c["services"]["workers"]["secrets"].remove("passfile-workers"),
    "is not a file": lambda c: c["secrets"].update({"pkcs11-pin": {"environment": "PIN"}}),
    "reaches the database": lambda c: c["services"]["haproxy"]["networks"].append("data"),
    "before its schema": lambda c: c["services"]["gateway"]["depends_on"]["migrate"].update(
        condition="service_started"
    ),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found(fault: str) -> None:
    changed = copy.deepcopy(COMPOSE)
    PLANTED[fault](changed)
    assert [found for found in faults(changed) if fault in found]


def test_each_part_is_given_its_own_passfile_alone() -> None:
    given = {
        name: [secret for secret in service["secrets"] if secret.startswith("passfile-")]
        for name, service in COMPOSE["services"].items()
    }
    assert given == {
        "postgres": ["passfile-all"],  # it makes every login, once
        "migrate": ["passfile-migrator"],
        "gateway": ["passfile-gateway"],
        "workers": ["passfile-workers"],
        "admin": ["passfile-operator"],
        "haproxy": [],
    }


def test_every_variable_is_one_that_its_program_reads() -> None:
    proxy = (DEPLOY / "haproxy" / "haproxy.cfg").read_text("utf-8")
    known = {*_ENVIRONMENT.values(), *_OF_OTHERS, *re.findall(r"EDGE_[A-Z_]+", proxy)}
    named = {
        variable
        for service in COMPOSE["services"].values()
        for variable in service.get("environment", {})
    }
    assert len(named) > 15
    assert named <= known


def test_every_file_that_is_shown_to_a_service_is_here() -> None:
    shown = [
        volume.split(":")
        for service in COMPOSE["services"].values()
        for volume in service.get("volumes", [])
    ]
    ours = [volume for volume in shown if volume[0].startswith("./")]
    assert len(ours) >= 6
    assert all((DEPLOY / volume[0]).exists() and volume[2] == "ro" for volume in ours)
    assert {volume[0] for volume in shown if len(volume) == 2} == {*COMPOSE["volumes"]}


def test_the_proxy_finds_the_gateway_where_it_listens() -> None:
    gateway, proxy = COMPOSE["services"]["gateway"], COMPOSE["services"]["haproxy"]
    socket = gateway["environment"]["EXCHANGE_PROXY_SOCKET"]
    assert proxy["environment"]["EDGE_SOCKET"] == socket
    (shared,) = {volume for volume in gateway["volumes"] if volume in proxy["volumes"]}
    assert socket.startswith(shared.partition(":")[2] + "/")
    groups = {service["user"].partition(":")[2] for service in (gateway, proxy)}
    assert len(groups) == 1
