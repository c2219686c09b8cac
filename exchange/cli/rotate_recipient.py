"""``exchange keys rotate recipient``: a recipient puts a new key of its own in use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from exchange.cli.options import BaseUrl, Certificate, CertificateKey, GatewayCa, Json
from exchange.cli.receive import given, in_sandbox
from exchange.crypto.sealing_keys import KeyType
from exchange.errors import Code, Refused
from exchange.sandbox.layout import Layout

if TYPE_CHECKING:
    from exchange.bootstrap.receiver import Membership, Removal, Rotated


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(recipient)


def recipient(  # noqa: PLR0913, PLR0917  one per option
    dir: Annotated[  # noqa: A002  the option's name
        Path | None, typer.Option("--dir", help="A sandbox folder; then only --party is needed.")
    ] = None,
    party: Annotated[str, typer.Option(help="A sandbox party, such as leerplicht-0361.")] = "",
    base_url: BaseUrl = "",
    ca: GatewayCa = None,
    cert: Certificate = None,
    key: CertificateKey = None,
    private_key: Annotated[
        Path | None,
        typer.Option(envvar="EXCHANGE_PRIVATE_KEY", help="The keys that open your messages."),
    ] = None,
    kind: Annotated[
        KeyType | None, typer.Option("--kind", help="Kind of the new key; default: as it was.")
    ] = None,
    finish: Annotated[
        bool, typer.Option("--finish", help="Remove the older keys, once nothing needs them.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make a new key beside the old one and register it; a receiver that runs goes on with both."""
    from exchange.bootstrap.receiver import Membership, open_rotation

    if dir is not None:
        place = in_sandbox(Layout(dir.resolve()), party)
        member = Membership(place.base_url, place.ca, place.cert, place.key, place.private_key)
    else:
        files = given(ca=ca, cert=cert, key=key, private_key=private_key)
        if not base_url:
            raise typer.BadParameter("give --dir and --party, or --base-url and your own files")
        member = Membership(base_url, **files)
    _require_keys(member)
    with open_rotation(member) as rotation:
        if finish:
            _tell_removal(rotation.finish(), as_json=as_json)
        else:
            _tell_rotated(rotation.start(kind), as_json=as_json)


def _require_keys(member: Membership) -> None:
    if not member.private_key.exists():
        raise typer.BadParameter(f"{member.private_key} is not there: nothing to rotate")


def _tell_rotated(rotated: Rotated, *, as_json: bool) -> None:
    if as_json:
        document = {"kid": rotated.kid, "status": rotated.status, "oudeSleutels": rotated.older}
        typer.echo(json.dumps(document))
        return
    typer.echo(f"nieuwe sleutel {rotated.kid}: {rotated.status}")
    if rotated.status != "actief":
        typer.echo(
            "de poort versleutelt nog naar de oude; geef deze vingerafdruk door aan de beheerder"
            " langs een andere weg dan deze, zodat die hem kan goedkeuren"
        )
    typer.echo(f"oude sleutels bewaard: {rotated.older}; later weg met --finish")


def _tell_removal(removal: Removal, *, as_json: bool) -> None:
    """Say what was removed; what could not be is an error with its reason."""
    from exchange.bootstrap.receiver import Obstacle

    reasons = {
        Obstacle.NOT_APPROVED: "de nieuwe sleutel wacht op bevestiging; de oude is nog in gebruik",
        Obstacle.OVERLAP: f"de oude sleutel kan nog nodig zijn tot {removal.until:%H:%M:%S} UTC"
        if removal.until
        else "",
        Obstacle.STILL_WAITING: f"er wachten {removal.count} berichten van voor de nieuwe sleutel;"
        " haal ze eerst op (exchange receive)",
    }
    if removal.obstacle is not Obstacle.NONE:
        raise Refused(Code.OVERGANG_ONGELDIG, reden=reasons[removal.obstacle])
    document = {"verwijderd": removal.count}
    typer.echo(json.dumps(document) if as_json else f"oude sleutels verwijderd: {removal.count}")
