"""Whose is what: every caller of the small world, every route, and who may do it to what."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx

from exchange.crypto.sealing_keys import RecipientPrivateKey, generate_recipient_key
from exchange.messages.identifiers import Oin
from tests.integration.api.releases import release
from tests.integration.api.world import BELEID, KALENDER, NOW, OINS, World, bericht_id, signaal
from tests.naive_log import WITNESS
from tests.persons import bsn

SCHOOLS = {
    "las-noord": {"99AA00", "99BB00", "99BB01"},
    "las-zuid": {"99CC00"},
    "school-99AA": {"99AA00"},
    "softwarehuis": set[str](),
}
"""The callers on the school's side, and the vestigingen that each may act for."""

LEERPLICHT = ("leerplicht-0361", "leerplicht-0599", "leerplicht-0772")
OTHER_RECIPIENTS = ("college-0361", "swv-VO2703", "ocw")
STRANGERS = (None, "vreemde")
TWO_ROLES = "twee-rollen"
"""A supplier that is a college as well, submits for 99CC00 and collects for leerplicht-0361."""

TWO_ROLES_OIN = Oin("00000099222222222000")


@dataclass(frozen=True)
class Standing:
    """What a caller may be asked for: whose it is, or the code with which all of a kind is refused.

    ``schools`` are the vestigingen that it acts for, ``mailbox`` is the recipient whose messages it
    gets, ``figures`` whose figures.
    """

    schools: frozenset[str] | str = "geen-recht"
    mailbox: str = "geen-recht"
    key: str | None = "geen-recht"
    figures: str = "geen-recht"
    pupils: str | None = "geen-recht"


def _school(name: str, **more: Any) -> Standing:  # noqa: ANN401  members of Standing
    return Standing(schools=frozenset(SCHOOLS[name]), **more)


_NOT_FOR_THEM = "geen-mandaat"
STANDING: dict[str, Standing] = {
    "las-noord": _school("las-noord"),
    "las-noord>school-99AA": Standing(schools=frozenset({"99AA00"}), pupils=None),
    "las-zuid": _school("las-zuid"),
    "school-99AA": _school("school-99AA", pupils=None),
    # Of its two principals it must name one; for a third it may do nothing.
    "softwarehuis": _school("softwarehuis", mailbox=_NOT_FOR_THEM, key=_NOT_FOR_THEM),
    **{
        f"softwarehuis>{name}": Standing(
            schools=_NOT_FOR_THEM,
            mailbox=name if name != "leerplicht-0772" else _NOT_FOR_THEM,
            key=None if name != "leerplicht-0772" else _NOT_FOR_THEM,
            pupils=_NOT_FOR_THEM,
        )
        for name in LEERPLICHT
    },
    **{name: Standing(mailbox=name, key=None) for name in LEERPLICHT},
    "leerplicht-0361>leerplicht-0361": Standing(mailbox="leerplicht-0361", key=None),
    **{name: Standing(key=None, figures=name) for name in OTHER_RECIPIENTS},
    "fg": Standing(pupils=None),
    # Where only one of its roles will do it need not be named; for a key both would.
    TWO_ROLES: Standing(
        schools=frozenset({"99CC00"}),
        mailbox="leerplicht-0361",
        key=_NOT_FOR_THEM,
        figures=TWO_ROLES,
    ),
    f"{TWO_ROLES}>{TWO_ROLES}": Standing(
        schools=frozenset({"99CC00"}), mailbox=_NOT_FOR_THEM, key=None, figures=TWO_ROLES
    ),
    f"{TWO_ROLES}>leerplicht-0361": Standing(
        schools=_NOT_FOR_THEM,
        mailbox="leerplicht-0361",
        key=None,
        figures=_NOT_FOR_THEM,
        pupils=_NOT_FOR_THEM,
    ),
}
"""The expected verdicts, by caller; ``a>b`` is ``a`` that names ``b`` (``namens``)."""

CALLERS: tuple[str | None, ...] = (*STRANGERS, *STANDING)

_pupils = itertools.count()


@dataclass(frozen=True)
class Place:
    """A vestiging, who acts for it, and who gets its signalen; nobody does for an unknown one."""

    vestigingscode: str
    sender: str
    recipient: str

    @property
    def woongemeente(self) -> str:
        """The gemeente of that recipient."""
        return self.recipient.rpartition("-")[2]


NOORD = Place("99BB00", "las-noord", "leerplicht-0361")
ZUID = Place("99CC00", "las-zuid", "leerplicht-0599")
OWN = Place("99AA00", "school-99AA", "leerplicht-0361")
"""Of a school that acts for itself."""

UNKNOWN = Place("98ZZ00", "las-noord", "leerplicht-0361")
"""Of the last only the vestigingscode is unknown; for ids, what an unknown id is compared with."""

PLACES = (NOORD, ZUID, OWN, UNKNOWN)


@dataclass(frozen=True)
class Call:
    """One request, ready to be made by anybody."""

    method: str
    path: str
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)

    async def by(self, caller: str | None, world: World) -> httpx.Response:
        """Make it; each time under a fresh idempotency key, which belongs to its caller anyway."""
        headers = {"idempotency_key": str(uuid4()), **self.headers}
        name, _, principal = (caller or "").partition(">")
        path = self.path
        if principal:
            path += f"{'&' if '?' in path else '?'}namens={OINS[principal].reveal()}"
        return await world.call(name or None, self.method, path, self.body, **headers)


@dataclass(frozen=True)
class Route:
    """A kind of call: how to make it about a place, and what it says to whom."""

    make: Callable[[World, Place], Awaitable[Call]]
    verdict: Callable[[str, Place], str | None]
    owner: Callable[[Place], str | None]


def new_signaal(place: Place, **changes: object) -> dict[str, Any]:
    """Give the body of a signaal about a pupil of whom none was sent yet."""
    return signaal(
        bsn(next(_pupils)),
        vestigingscode=place.vestigingscode,
        woongemeente=place.woongemeente,
        **changes,
    )


async def new_message(world: World, place: Place, *steps: str) -> str:
    """Give a message that stands in a mailbox; ``steps`` are what its recipient did with it."""
    if place is UNKNOWN:
        return str(uuid4())
    number = bericht_id(await world.send(new_signaal(place), sender=place.sender))
    if "downloaded" in steps:
        answer = await world.call(place.recipient, "GET", f"/v1/berichten/{number}")
        assert answer.status_code == 200, answer.text
    if "acknowledged" in steps:
        path = f"/v1/berichten/{number}/bevestigingen"
        answer = await world.call(place.recipient, "POST", path, {"uitkomst": "ontvangen"})
        assert answer.status_code == 201, answer.text
    return number


NO_RELEASE = 999_999


async def new_release(world: World, place: Place) -> int:
    """Give a release with a part for whoever gets figures of that place; OCW gets all."""
    if place is UNKNOWN:
        return NO_RELEASE
    return await release(world, *_FIGURES[place])


_FIGURES = {NOORD: OTHER_RECIPIENTS, ZUID: ("ocw",), OWN: OTHER_RECIPIENTS}
_A_KEY = dict(RecipientPrivateKey.parse(generate_recipient_key()).public_jwk)


def _of_vestiging(caller: str, place: Place) -> str | None:
    schools = STANDING[caller].schools
    if isinstance(schools, str):
        return schools
    if place is UNKNOWN:
        return "onbekende-vestiging"
    return None if place.vestigingscode in schools else "geen-mandaat"


def _of_school_message(caller: str, place: Place) -> str | None:
    schools = STANDING[caller].schools
    if isinstance(schools, str):
        return schools
    mine = place is not UNKNOWN and place.vestigingscode in schools
    return None if mine else "niet-gevonden"


def _of_mailbox(caller: str, _: Place) -> str | None:
    mailbox = STANDING[caller].mailbox
    return None if mailbox in LEERPLICHT else mailbox


def _of_received_message(caller: str, place: Place) -> str | None:
    if refused := _of_mailbox(caller, place):
        return refused
    mine = place is not UNKNOWN and STANDING[caller].mailbox == place.recipient
    return None if mine else "niet-gevonden"


def _of_key(caller: str, _: Place) -> str | None:
    return STANDING[caller].key


def _of_figures(caller: str, _: Place) -> str | None:
    figures = STANDING[caller].figures
    return None if figures in STANDING else figures


def _of_levering(caller: str, place: Place) -> str | None:
    if refused := _of_figures(caller, place):
        return refused
    return None if STANDING[caller].figures in _FIGURES.get(place, ()) else "niet-gevonden"


def _of_pupils(caller: str, _: Place) -> str | None:
    """The FG asks about all; a school about anybody, and it hears of its own pupils alone."""
    return STANDING[caller].pupils


def _of_entry(caller: str, place: Place) -> str | None:
    """Its actor, its recipient, who acts for the vestiging of its pupil, and the FG."""
    if place is UNKNOWN:
        return "niet-gevonden"
    mine = place.vestigingscode in STANDING[caller].schools
    return None if mine or caller in {place.recipient, "fg"} else "niet-gevonden"


def _of_everybody(_: str, __: Place) -> str | None:
    return None


def _sender(place: Place) -> str | None:
    return None if place is UNKNOWN else place.sender


def _recipient(place: Place) -> str | None:
    return None if place is UNKNOWN else place.recipient


def _figures(place: Place) -> str | None:
    return None if place is UNKNOWN else _FIGURES[place][0]


def _anybody(_: Place) -> str:
    return "fg"


def _about_vestiging(method: str, path: str, body: object = None) -> Route:
    async def make(_: World, place: Place) -> Call:
        return Call(method, f"/v1{path.format(vestigingscode=place.vestigingscode)}", body)

    return Route(make, _of_vestiging, _sender)


def _about_message(method: str, path: str, body: object, *steps: str, school: bool) -> Route:
    async def make(world: World, place: Place) -> Call:
        number = await new_message(world, place, *steps)
        return Call(method, f"/v1{path.format(berichtId=number)}", body)

    if school:
        return Route(make, _of_school_message, _sender)
    return Route(make, _of_received_message, _recipient)


def _about_month(method: str, kind: str, body: object) -> Route:
    """Figures of a month; before they are read they are put."""

    async def make(world: World, place: Place) -> Call:
        path = f"/v1/vestigingen/{place.vestigingscode}/{kind}/2026-10"
        if method == "GET" and place is not UNKNOWN:
            put = await world.call(place.sender, "PUT", path, body)
            assert put.is_success, put.text
        return Call(method, path, body if method == "PUT" else None)

    return Route(make, _of_vestiging, _sender)


def _about_release(path: str, accept: str) -> Route:
    async def make(world: World, place: Place) -> Call:
        number = await new_release(world, place)
        return Call("GET", f"/v1{path.format(nummer=number)}", headers={"accept": accept})

    return Route(make, _of_levering, _figures)


async def _list_releases(world: World, place: Place) -> Call:
    await new_release(world, place)
    return Call("GET", "/v1/leveringen")


def _public(path: str) -> Route:
    async def make(_: World, __: Place) -> Call:
        return Call("GET", f"/v1{path}")

    return Route(make, _of_everybody, _anybody)


async def _submit(_: World, place: Place) -> Call:
    return Call("POST", "/v1/signalen", new_signaal(place))


async def _register_absence(_: World, place: Place) -> Call:
    number = next(_pupils)
    body = {
        "vestigingscode": place.vestigingscode,
        "registratieId": f"T-{number}",
        "pgn": bsn(number).reveal(),
        "datum": "2026-11-09",
        "minuten": 60,
        "categorie": "geoorloofd",
    }
    return Call("POST", "/v1/verzuimregistraties", body)


async def _report(_: World, place: Place) -> Call:
    days = [{"datum": f"2026-11-{day:02d}", "minuten": 300} for day in (9, 10, 11, 12)]
    given = new_signaal(place)
    shared = ("vestigingscode", "pgn", "plicht", "woongemeente", "actiesSchool", "contact")
    body = {
        **{name: given[name] for name in shared},
        "verzuimsoort": "16-uur",
        "begindatum": days[0]["datum"],
        "einddatum": days[-1]["datum"],
        "dagen": days,
        "alleLessenGemist": True,
        "actieGemeenteGewenst": True,
        "oudersGeinformeerdOp": days[-1]["datum"],
    }
    return Call("POST", "/v1/verzuimmeldingen", body)


async def _ask_about_pupil(world: World, place: Place) -> Call:
    body = new_signaal(place)
    if place is not UNKNOWN:
        assert (await world.send(body, sender=place.sender)).status_code == 202
    return Call("POST", "/v1/inzageverzoeken", {"pgn": body["pgn"], "reden": "CONTROLE"})


async def _register(_: World, __: Place) -> Call:
    return Call("PUT", "/v1/sleutel", _A_KEY)


async def _list_mailbox(_: World, __: Place) -> Call:
    return Call("GET", "/v1/berichten?status=nieuw")


async def _prove(world: World, place: Place) -> Call:
    entry = uuid4()
    if place is not UNKNOWN:
        number = await new_message(world, place)
        query = "SELECT entry FROM log_records WHERE bericht_id = $1"
        ((entry,),) = [row.values() for row in await world.rows(query, UUID(number))]
        await world.seal()
    return Call("GET", f"/v1/logboek/entries/{entry}/bewijs")


def _of_officer(caller: str, _: Place) -> str | None:
    return None if caller == "fg" else "geen-recht"


async def _search_log(_: World, place: Place) -> Call:
    return Call("POST", "/v1/logregels/_zoek", {"activiteit": "signaal-leerplicht/1"})


async def _ask_custody(world: World, place: Place) -> Call:
    number = str(uuid4()) if place is UNKNOWN else await new_message(world, place)
    await world.seal()
    return Call("GET", f"/v1/berichten/{number}/bewaarketen")


def _of_log(path: str) -> Route:
    async def make(world: World, _: Place) -> Call:
        await world.seal()
        return Call("GET", f"/v1/logboek/{path}")

    return Route(make, _of_everybody, _anybody)


async def _cosign(world: World, _: Place) -> Call:
    await world.seal()
    ((size, note),) = [
        row.values()
        for row in await world.rows(
            "SELECT size, note FROM log_checkpoints ORDER BY 1 DESC LIMIT 1"
        )
    ]
    await world.execute(
        f"INSERT INTO log_witnesses VALUES ('{WITNESS.name}', '{WITNESS.vkey}', now())"  # noqa: S608  our own names
        " ON CONFLICT DO NOTHING"
    )
    line = WITNESS.line(note.partition("\n\n")[0] + "\n", at=int(NOW.timestamp()))
    path = f"/v1/logboek/cosignatures?omvang={size}"
    return Call("POST", path, line.encode(), {"content_type": "text/plain"})


_BERICHT = "/berichten/{berichtId}"
_SCHOOL = "/vestigingen/{vestigingscode}"
_YEAR = "/schoolkalenders/{schooljaar}"
_PUBLISHED = ("/sleutels", "/codelijsten", "/noodzaak", "/verwerkingsactiviteiten")
_ACTIVITY = "/verwerkingsactiviteiten/{activiteit}/{versie}"
_LOG = {
    "/logboek/checkpoint": "checkpoint",
    "/logboek/consistentie": "consistentie?van=1&tot=2",
    "/logboek/tile/{niveau}/{tegel}": "tile/0/000.p/1",
}
_AANTALLEN = {"leerlingen": 412, "geplandeMinutenPerLeerling": 6000}
_NONE = {"minuten": 0, "aantalLeerlingen": 0, "grootsteAandeelMinuten": 0}
_CIJFERS = {
    **_AANTALLEN,
    "geoorloofd": _NONE,
    "ongeoorloofd": _NONE,
    "leerlingenMetOngeoorloofdVerzuim": 0,
    "trede1": 412,
    "trede2": 0,
    "trede3": 0,
}

ROUTES: dict[tuple[str, str], Route] = {
    ("POST", "/signalen"): Route(_submit, _of_vestiging, _sender),
    ("POST", "/verzuimregistraties"): Route(_register_absence, _of_vestiging, _sender),
    ("POST", "/verzuimmeldingen"): Route(_report, _of_vestiging, _sender),
    ("GET", "/drempelmeldingen"): _about_vestiging(
        "GET", "/drempelmeldingen?vestigingscode={vestigingscode}"
    ),
    ("POST", f"{_BERICHT}/intrekkingen"): _about_message(
        "POST", f"{_BERICHT}/intrekkingen", {"reden": "onjuist"}, school=True
    ),
    ("GET", "/ontvangstbewijzen/{berichtId}"): _about_message(
        "GET", "/ontvangstbewijzen/{berichtId}", None, school=True
    ),
    ("GET", "/ontvangstbewijzen"): _about_vestiging(
        "GET", "/ontvangstbewijzen?vestigingscode={vestigingscode}"
    ),
    ("GET", "/terugmeldingen"): _about_vestiging(
        "GET", "/terugmeldingen?vestigingscode={vestigingscode}"
    ),
    ("PUT", f"{_SCHOOL}/verzuimbeleid"): _about_vestiging(
        "PUT", f"{_SCHOOL}/verzuimbeleid", BELEID
    ),
    ("GET", f"{_SCHOOL}/verzuimbeleid"): _about_vestiging("GET", f"{_SCHOOL}/verzuimbeleid"),
    ("PUT", f"{_SCHOOL}{_YEAR}"): _about_vestiging(
        "PUT", f"{_SCHOOL}/schoolkalenders/2026-2027", KALENDER
    ),
    ("GET", f"{_SCHOOL}{_YEAR}"): _about_vestiging("GET", f"{_SCHOOL}/schoolkalenders/2026-2027"),
    ("PUT", "/sleutel"): Route(_register, _of_key, _recipient),
    ("GET", "/berichten"): Route(_list_mailbox, _of_mailbox, _recipient),
    ("GET", _BERICHT): _about_message("GET", _BERICHT, None, school=False),
    ("POST", f"{_BERICHT}/bevestigingen"): _about_message(
        "POST",
        f"{_BERICHT}/bevestigingen",
        {"uitkomst": "ontvangen"},
        "downloaded",
        school=False,
    ),
    ("POST", f"{_BERICHT}/terugmeldingen"): _about_message(
        "POST",
        f"{_BERICHT}/terugmeldingen",
        {"status": "in-behandeling"},
        *("downloaded", "acknowledged"),
        school=False,
    ),
    **{
        (method, f"{_SCHOOL}/{kind}/{{periode}}"): _about_month(method, kind, body)
        for method in ("PUT", "GET")
        for kind, body in (("leerlingaantallen", _AANTALLEN), ("schoolcijfers", _CIJFERS))
    },
    ("POST", "/inzageverzoeken"): Route(_ask_about_pupil, _of_pupils, _anybody),
    ("GET", "/leveringen"): Route(_list_releases, _of_figures, _figures),
    ("GET", "/leveringen/{nummer}"): _about_release("/leveringen/{nummer}", "text/csv"),
    ("GET", "/leveringen/{nummer}/csvw"): _about_release("/leveringen/{nummer}/csvw", "*/*"),
    **{("GET", path): _public(path) for path in _PUBLISHED},
    ("GET", "/logboek/entries/{entry}/bewijs"): Route(_prove, _of_entry, _sender),
    ("GET", f"{_BERICHT}/bewaarketen"): Route(_ask_custody, _of_entry, _sender),
    **{("GET", template): _of_log(path) for template, path in _LOG.items()},
    ("POST", "/logboek/cosignatures"): Route(_cosign, _of_everybody, _anybody),
    ("POST", "/logregels/_zoek"): Route(_search_log, _of_officer, _anybody),
    ("GET", _ACTIVITY): _public("/verwerkingsactiviteiten/signaal-leerplicht/1"),
}
"""By method and path template of the OpenAPI document: a route that is not here fails a test."""

PUBLIC = {("GET", path) for path in (*_PUBLISHED, _ACTIVITY, *_LOG)}
PUBLIC |= {("POST", "/logboek/cosignatures")}
UNDESCRIBED = {("GET", "/openapi.json")}
"""Public too, and not in the document that it gives."""


def verdict(route: tuple[str, str], caller: str | None, place: Place) -> str | None:
    """Give the code with which ``caller`` is refused, or None."""
    if route in PUBLIC:
        return None
    if caller is None or caller in STRANGERS:
        return "niet-aangemeld"
    return ROUTES[route].verdict(caller, place)
