"""``exchange keys``: where every key stands, and how to put another in its place."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Final, NoReturn

import typer
from rich.console import Console

from exchange.cli import rotate_ca, rotate_recipient
from exchange.cli.key_status import as_document, show
from exchange.cli.naming import party_of, require_recipient
from exchange.cli.options import Dir, Json, settings_of
from exchange.errors import Code, Refused
from exchange.messages.identifiers import Schooljaar
from exchange.policy.parties import Directory, Party

app = typer.Typer(help="Show where every key stands, and rotate keys.", no_args_is_help=True)
rotate = typer.Typer(help="Put a new key in the place of one in use.", no_args_is_help=True)
app.add_typer(rotate, name="rotate")
rotate_recipient.register(rotate)
rotate_ca.register(rotate)

_COUNTING: Final = (
    "deze sleutels gelden een heel schooljaar: met een andere sleutel is een leerling in de"
    " tellingen een ander, tellen treden en drempels opnieuw vanaf nul en is een dubbel signaal"
    " niet meer te herkennen. Een nieuw schooljaar heeft vanzelf nieuwe sleutels; na een lek: zie"
    " docs/keys.md"
)
_CHECKPOINT: Final = (
    "deze sleutel is voor het leven van het logboek: getuigen en scholen bewaren hem om later te"
    " kunnen nagaan dat niets is veranderd. Na een lek begint een nieuw logboek: zie docs/keys.md"
)
_BREAKS: Final = (
    "{party} krijgt voor schooljaar {year} vanaf nu andere zaakreferenties. Wat al is gestuurd"
    " houdt de oude: de ontvanger kan nieuwe berichten niet meer aan oude van dezelfde leerling"
    " koppelen, ook niet met onze hulp. Vraag dit alleen na een lek. Doorgaan?"
)


@app.command()
def status(dir: Dir = None, as_json: Json = False) -> None:  # noqa: A002  the options' names
    """Show every key of this installation: number, state, since; no secret is among it."""
    from exchange.bootstrap.key_status import key_status

    document = as_document(key_status(settings_of(dir)), datetime.now(UTC))
    if as_json:
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        show(document, Console(soft_wrap=True))


@app.command()
def create(dir: Dir = None) -> None:  # noqa: A002  the option's name
    """Make the key store and its first keys, in a folder or a token; safe to repeat."""
    from exchange.bootstrap.keys import make_keys

    settings = settings_of(dir)
    make_keys(settings)
    typer.echo(f"de sleutels zijn er, met de map {settings.keys}; bekijk ze met: keys status")


@rotate.command()
def signing(dir: Dir = None, as_json: Json = False) -> None:  # noqa: A002  the options' names
    """Sign with a new key from now on; what was signed before still verifies."""
    from exchange.bootstrap.key_rotation import rotate_signing

    kid = rotate_signing(settings_of(dir))
    _tell({"kid": kid}, f"de poort ondertekent vanaf nu met {kid}", as_json=as_json)


@rotate.command()
def pseudonym(
    party: Annotated[str, typer.Argument(help="OIN or name of the recipient.")],
    schooljaar: Annotated[
        str | None, typer.Option(help="Such as 2026-2027; by default the present one.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dir: Dir = None,  # noqa: A002  the option's name
    as_json: Json = False,
) -> None:
    """Give a recipient other zaakreferenties from now on: after a leak, for it breaks joins."""
    from exchange.bootstrap.key_rotation import rotate_pseudonyms

    year = _year(schooljaar)
    if not yes:
        asked = _BREAKS.format(party=party, year=year or "van vandaag")
        answer = typer.prompt(f"{asked} [j/N]", default="n", show_default=False, err=True)
        if answer.strip().lower() not in {"j", "ja", "y", "yes"}:
            raise typer.Abort
    rotated, generation = rotate_pseudonyms(settings_of(dir), party, year, _recipient_of)
    told = {"ontvanger": party, "schooljaar": str(rotated), "generatie": generation}
    line = f"{party}, {rotated}: zaakreferenties zijn nu van generatie {generation}"
    _tell(told, line, as_json=as_json)


@rotate.command()
def counting(dir: Dir = None) -> None:  # noqa: A002, ARG001  as every command
    """Refuse, and say why: counting and recognition keys hold for a whole schooljaar."""
    _refuse(_COUNTING)


@rotate.command()
def checkpoint(dir: Dir = None) -> None:  # noqa: A002, ARG001  as every command
    """Refuse, and say why: the log has one key for its life."""
    _refuse(_CHECKPOINT)


def _recipient_of(text: str, directory: Directory) -> Party:
    require_recipient(text, directory)
    return party_of(text, directory)


def _year(text: str | None) -> Schooljaar | None:
    try:
        return Schooljaar.parse(text) if text else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--schooljaar") from None


def _tell(document: dict[str, object], line: str, *, as_json: bool) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False) if as_json else line)


def _refuse(reden: str) -> NoReturn:
    raise Refused(Code.OVERGANG_ONGELDIG, reden=reden)
