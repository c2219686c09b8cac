"""``exchange party``: who is connected, in which role, for whom, with which key."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from exchange.accountability.record import Action
from exchange.bootstrap.administration import Administration, administer, require_push_url
from exchange.cli.naming import (
    day_of,
    grant_of,
    oin_of,
    oins_of,
    party_of,
    principals_of,
    require_recipient,
)
from exchange.cli.options import Dir, Json, settings_of
from exchange.errors import Code, Refused
from exchange.messages.identifiers import Schooljaar
from exchange.policy.parties import Dienst, Grant, Mandate, Party
from exchange.storage import directory as store

Result = TypeVar("Result")
app = typer.Typer(help="Connect parties, mandate suppliers, approve keys.", no_args_is_help=True)

PartyName = Annotated[str, typer.Argument(help="OIN or name of a connected party.")]


@app.command()
def add(
    oin: Annotated[str, typer.Argument(help="OIN as in the certificate's subject.serialNumber.")],
    name: str,
    rol: Annotated[
        list[str],
        typer.Option(help="Role: leerplicht:0361, college:0361, swv:VO2703, school:99AA, ocw, ..."),
    ],
    push_url: Annotated[str | None, typer.Option(help="https address for notices.")] = None,
    dir: Dir = None,  # noqa: A002  the option's name
) -> None:
    """Connect a party, or change its name, address and roles."""
    grants = [grant_of(text) for text in rol]
    if push_url is not None:
        require_push_url(push_url)

    async def work(admin: Administration) -> bool:
        admin.require_of_mode(oin_of(oin))
        async with admin.database.transaction() as conn:
            is_new = await store.add_party(conn, oin_of(oin), name, push_url, admin.clock.now())
            for grant in grants:
                await store.grant(conn, oin_of(oin), grant.role, grant.remit)
            action = Action.PARTIJ_AANGESLOTEN if is_new else Action.PARTIJ_GEWIJZIGD
            await admin.note(conn, action, oin_of(oin), rollen=_roles(grants))
        return is_new

    typer.echo(f"{name}: {'connected' if _run(dir, work) else 'changed'}")


@app.command(name="list")
def list_(dir: Dir = None, as_json: Json = False) -> None:  # noqa: A002  the options' names
    """Show the connected parties."""

    async def work(admin: Administration) -> list[Party]:
        return sorted((await admin.directory()).parties.values(), key=lambda party: party.name)

    parties = _run(dir, work)
    if as_json:
        typer.echo(json.dumps([_as_json(party) for party in parties], ensure_ascii=False, indent=2))
        return
    table = Table("name", "OIN", "roles", "push")
    for party in parties:
        table.add_row(
            party.name, str(party.oin), ", ".join(_roles(party.grants)), party.push_url or ""
        )
    Console().print(table)


@app.command()
def mandate(
    supplier: Annotated[str, typer.Argument(help="OIN or name of who will act.")],
    principal: Annotated[
        str, typer.Argument(help="Vestigingscode, OIN or name of whom it acts for.")
    ],
    dienst: Annotated[
        Dienst, typer.Option(help="Submit for a school, or collect for a recipient.")
    ],
    geldig_van: Annotated[str | None, typer.Option(help="First day; default today.")] = None,
    geldig_tot: Annotated[str | None, typer.Option(help="Last day; default none.")] = None,
    betreft_vanaf: Annotated[
        str | None, typer.Option(help="Earliest event day; default the start of the schooljaar.")
    ] = None,
    dir: Dir = None,  # noqa: A002  the option's name
) -> None:
    """Let a supplier act for a school (all vestigingen of a named one) or for a recipient."""

    async def work(admin: Administration) -> list[str]:
        directory = await admin.directory()
        first, last = day_of(geldig_van) or admin.today(), day_of(geldig_tot)
        if last is not None and last < first:
            late = f"--geldig-tot {last} lies before the first day, {first}"
            raise Refused(Code.DATUM_ONGELDIG, rule=late)
        if dienst is Dienst.ONTVANGEN:
            require_recipient(principal, directory)
        principals = principals_of(principal, dienst, directory)
        admin.require_of_mode(*oins_of(supplier, principal, directory=directory))
        async with admin.database.transaction() as conn:
            for one in principals:
                given = Mandate(
                    supplier=party_of(supplier, directory).oin,
                    principal=one,
                    dienst=dienst,
                    geldig_van=first,
                    geldig_tot=last,
                    betreft_vanaf=day_of(betreft_vanaf) or Schooljaar.of(first).first_day,
                )
                await store.add_mandate(conn, admin.ids.uuid7(), given)
                await admin.note(conn, Action.MANDAAT_GEGEVEN, given.supplier, **_told(given))
        return principals

    typer.echo(f"{supplier} may {dienst.value} for {', '.join(_run(dir, work))}")


@app.command()
def revoke(
    party: PartyName,
    principal: Annotated[
        str | None, typer.Option(help="End only the mandate for this principal.")
    ] = None,
    dienst: Annotated[Dienst, typer.Option(help="Service of that mandate.")] = Dienst.AANLEVEREN,
    dir: Dir = None,  # noqa: A002  the option's name
) -> None:
    """Disconnect a party, or end one mandate; every gateway knows within seconds."""

    async def work(admin: Administration) -> bool:
        directory = await admin.directory()
        oin, now = party_of(party, directory).oin, admin.clock.now()
        async with admin.database.transaction() as conn:
            if principal is None:
                if revoked := await store.revoke_party(conn, oin, now):
                    await admin.note(conn, Action.AANSLUITING_BEEINDIGD, oin)
                return revoked
            ended = [
                one
                for one in principals_of(principal, dienst, directory)
                if await store.revoke_mandate(conn, oin, one, dienst, now)
            ]
            for one in ended:
                details = {"opdrachtgever": one, "dienst": dienst.value}
                await admin.note(conn, Action.MANDAAT_BEEINDIGD, oin, **details)
        return bool(ended)

    if not _run(dir, work):
        raise Refused(Code.NIET_GEVONDEN, what="there was nothing to revoke")
    typer.echo(f"{party}: revoked")


@app.command(name="approve-key")
def approve_key(
    party: PartyName,
    kid: Annotated[str, typer.Argument(help="RFC 7638 thumbprint, checked with the recipient.")],
    dir: Dir = None,  # noqa: A002  the option's name
) -> None:
    """Let messages be sealed to a registered key from now on."""

    async def work(admin: Administration) -> bool:
        oin = party_of(party, await admin.directory()).oin
        async with admin.database.transaction() as conn:
            if approved := await store.approve_key(conn, oin, kid, admin.clock.now()):
                await admin.note(conn, Action.SLEUTEL_GOEDGEKEURD, oin, kid=kid)
        return approved

    if not _run(dir, work):
        raise Refused(Code.NIET_GEVONDEN, what="no such key waits for approval")
    typer.echo(f"{party}: key {kid} is active")


def _run(folder: Path | None, work: Callable[[Administration], Awaitable[Result]]) -> Result:
    return administer(settings_of(folder), work)


def _roles(grants: Iterable[Grant]) -> list[str]:
    return [f"{g.role.value}:{g.remit}" if g.remit else g.role.value for g in grants]


def _told(mandate: Mandate) -> dict[str, str]:
    """Give what the log says of a mandate."""
    days = {
        "geldigVan": mandate.geldig_van,
        "geldigTot": mandate.geldig_tot,
        "betreftVanaf": mandate.betreft_vanaf,
    }
    named = {name: day.isoformat() for name, day in days.items() if day is not None}
    return {"opdrachtgever": mandate.principal, "dienst": mandate.dienst.value, **named}


def _as_json(party: Party) -> dict[str, object]:
    return {
        "oin": str(party.oin),
        "naam": party.name,
        "rollen": _roles(party.grants),
        "pushUrl": party.push_url,
    }
