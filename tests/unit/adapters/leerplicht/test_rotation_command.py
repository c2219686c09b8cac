"""``exchange keys rotate recipient`` as a recipient types it, against a simulated gateway."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import typer
from typer.testing import CliRunner

from adapters.leerplicht.keyfile import KeyFile
from adapters.leerplicht.receiver import Receiver
from adapters.leerplicht.rotation import OVERLAP
from exchange.cli import keys
from exchange.errors import Refused
from tests.unit.adapters.leerplicht.conftest import BASE, Office
from tests.unit.adapters.leerplicht.gateway import SimulatedGateway


def typed(office: Office, *words: str) -> tuple[int, str, str]:
    """Give exit code, what was printed, and why it was refused."""
    files = office.settings
    command = [
        *("rotate", "recipient", "--base-url", BASE, "--private-key", str(files.private_key)),
        *("--ca", str(files.ca), "--cert", str(files.cert), "--key", str(files.key), *words),
    ]
    result = CliRunner().invoke(keys.app, command)
    error = result.exception
    why = error.facts["reden"] if isinstance(error, Refused) else result.stderr
    return result.exit_code, result.stdout, why


def active_since(office: Office, moment: datetime) -> None:
    """Have the current key be active since another moment."""
    path = office.settings.private_key
    document = {**json.loads(path.read_text()), "actiefSinds": moment.isoformat()}
    path.write_text(json.dumps(document))


def test_a_new_key_is_told_by_its_thumbprint(
    receiver: Receiver, gateway: SimulatedGateway, office: Office
) -> None:
    code, printed, _ = typed(office)
    kid = KeyFile.load(office.settings.private_key).current.kid
    assert code == 0
    assert printed == (
        f"nieuwe sleutel {kid}: actief\noude sleutels bewaard: 1; later weg met --finish\n"
    )
    code, printed, _ = typed(office, "--json", "--kind", "RSA")
    kid = KeyFile.load(office.settings.private_key).current.kid
    assert json.loads(printed) == {"kid": kid, "status": "actief", "oudeSleutels": 2}


def test_who_must_wait_for_approval_is_told_how(
    receiver: Receiver, gateway: SimulatedGateway, office: Office
) -> None:
    gateway.key_status = "wacht-op-bevestiging"
    _, printed, _ = typed(office)
    assert "geef deze vingerafdruk door" in printed
    code, _, why = typed(office, "--finish")
    assert code == 1
    assert "wacht op bevestiging" in why


def test_the_older_keys_go_or_it_says_what_they_wait_for(
    receiver: Receiver, gateway: SimulatedGateway, office: Office
) -> None:
    now = datetime.now(UTC)
    waits = gateway.put()
    typed(office)
    code, _, why = typed(office, "--finish")
    assert (code, "kan nog nodig zijn tot" in why) == (1, True)
    active_since(office, now - OVERLAP)
    gateway.messages[waits].made_at = now - timedelta(days=1)
    code, _, why = typed(office, "--finish")
    assert (code, "er wachten 1 berichten" in why) == (1, True)
    assert receiver.run_once() == 1
    assert typed(office, "--finish", "--json") == (0, '{"verwijderd": 1}\n', "")
    assert typed(office, "--finish")[1] == "oude sleutels verwijderd: 0\n"


@pytest.mark.parametrize("missing", ["--base-url", "--private-key"])
def test_what_is_not_named_is_asked_for(office: Office, missing: str) -> None:
    given = {"--base-url": BASE, "--private-key": str(office.settings.private_key)}
    files = office.settings
    places = {"--ca": files.ca, "--cert": files.cert, "--key": files.key}
    options = [
        str(word)
        for option in {**given, **places}.items()
        if option[0] != missing
        for word in option
    ]
    result = CliRunner().invoke(keys.app, ["rotate", "recipient", *options])
    assert result.exit_code == typer.BadParameter.exit_code


def test_without_a_key_there_is_nothing_to_rotate(office: Office) -> None:
    code, _, why = typed(office)
    assert code == typer.BadParameter.exit_code
    assert "nothing to rotate" in " ".join(why.replace("\u2502", " ").split())
    assert not office.settings.private_key.exists()
