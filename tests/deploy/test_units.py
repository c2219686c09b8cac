"""What systemd says of our units without running them: as closed as promised, no secret (C44)."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from exchange.config import _ENVIRONMENT
from tests.deploy.machine import UNITS
from tests.programs import program

SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
HARDENING = Path("verzuim-.service.d") / "10-hardening.conf"
MOST_EXPOSED = 1.5
_EXPOSURE = re.compile(r"Overall exposure level for \S+: ([0-9.]+)")
_FOUR_GROUPS = ("SystemCallFilter", "CapabilityBoundingSet", "Protect", "Private")


def exposure(units: Path, service: str) -> float:
    """Let systemd weigh one unit of a folder, with its drop-ins, without starting anything."""
    root = units.parents[2]
    command = (program("systemd-analyze"), "security", "--offline=true", f"--root={root}", service)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = _EXPOSURE.search(done.stdout)
    assert found, done.stderr
    return float(found[1])


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units in a root of their own, where systemd looks for drop-ins too."""
    units = tmp_path / "etc" / "systemd" / "system"
    shutil.copytree(UNITS, units)
    return units


def test_there_is_a_unit_for_every_part() -> None:
    parts = ("gateway", "workers", "migrate", "log-verify")
    assert sorted(f"verzuim-{part}.service" for part in parts) == SERVICES


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_closed(installed: Path, service: str) -> None:
    assert exposure(installed, service) <= MOST_EXPOSED


@pytest.mark.parametrize("group", _FOUR_GROUPS)
def test_without_a_group_of_lines_a_service_is_not_closed(installed: Path, group: str) -> None:
    """A planted fault: the measure bites, for each of the four largest groups."""
    drop_in = installed / HARDENING
    lines = drop_in.read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(group)]
    assert len(kept) < len(lines)
    drop_in.write_text("".join(kept))
    assert exposure(installed, "verzuim-workers.service") > MOST_EXPOSED


@pytest.mark.parametrize("service", SERVICES)
def test_a_secret_is_a_credential_and_never_a_value(service: str) -> None:
    text = (UNITS / service).read_text("utf-8")
    given = dict(re.findall(r"^Environment=(\w+)=(.*)$", text, re.MULTILINE))
    name = service.removesuffix(".service")
    assert re.search(
        r"^LoadCredential=secret:/etc/verzuim-exchange/secrets/\w+$", text, re.MULTILINE
    )
    assert set(given) <= {*_ENVIRONMENT.values()}
    assert {value.rpartition("/")[0] for value in given.values()} == {f"%t/{name}/secrets"}
    assert "PGPASSFILE" in given


def test_each_unit_is_given_another_folder_of_secrets() -> None:
    folders = [
        re.findall(r"^LoadCredential=secret:(\S+)$", (UNITS / name).read_text(), re.MULTILINE)
        for name in SERVICES
    ]
    assert len({folder for (folder,) in folders}) == len(SERVICES)


def test_the_socket_is_the_one_that_the_gateway_and_the_proxy_are_told_of() -> None:
    socket = (UNITS / "verzuim-gateway.socket").read_text("utf-8")
    (path,) = re.findall(r"^ListenStream=(\S+)$", socket, re.MULTILINE)
    example = (UNITS / "exchange.env.example").read_text("utf-8")
    assert f"EXCHANGE_PROXY_SOCKET={path}\n" in example
    proxy = (UNITS.parent / "haproxy" / "haproxy.cfg").read_text("utf-8")
    (chroot,) = re.findall(r"EDGE_CHROOT-([^}]+)", proxy)
    (seen_there,) = re.findall(r"EDGE_SOCKET-([^}]+)", proxy)
    assert chroot + seen_there == path


def test_the_example_of_the_settings_names_settings_that_exist_and_no_secret() -> None:
    text = (UNITS / "exchange.env.example").read_text("utf-8")
    named = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE))
    in_units = {
        "PGPASSFILE",
        "EXCHANGE_KEYS_PASSPHRASE_FILE",
        "EXCHANGE_PKCS11_PIN_FILE",
        "EXCHANGE_TLS_KEY",
    }
    assert named | in_units == {*_ENVIRONMENT.values()}
    assert not named & in_units
    assert not re.search(r"://[^/@\s]*:[^/@\s]*@", text)
