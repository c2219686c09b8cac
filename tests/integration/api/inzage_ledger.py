"""A client that writes down what it did about each of several pupils, and what it was told then.

It knows nothing of links or records: only whom a call was about, who made it, what came back, and
by docs/inzage.md whether that counts as something done with the pupil's data.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from exchange.messages.identifiers import Pgn
from tests.integration.api.world import OINS, World, signaal, verzuimmelding

Place = tuple[str, str]
"""A vestigingscode and a schooljaar."""

Deed = tuple[str, str, str | None, str | None, str, str | None]
"""What, by whom, to whom, about which message, how it ended, and why not."""

Told = tuple[Deed, frozenset[Place]]

NOW, BEFORE = "2026-2027", "2025-2026"
SCHOOLS = {"99BB00": "las-noord", "99BB01": "las-noord", "99AA00": "las-noord"}
SCHOOLS |= {"99CC00": "las-zuid"}
RECIPIENTS = {"0361": "leerplicht-0361", "0599": "leerplicht-0599"}
OWN_SCHOOL = "99AA00"
"""The one vestiging whose school has a certificate of its own."""


@dataclass(frozen=True)
class Entry:
    """A deed about a pupil; ``places`` are where its record is found, none if by message alone.

    ``shown`` are the places that are told with it.
    """

    deed: Deed
    places: frozenset[Place]
    shown: frozenset[Place]


@dataclass
class Message:
    """One that was accepted about one pupil, and where it stands at its recipient."""

    number: str
    soort: str
    pupil: Pgn
    place: Place
    recipient: str
    sender: str
    key: str
    body: dict[str, object]
    state: str = "wachtend"
    handling: str | None = None


@dataclass
class Ledger:
    """Does something at random about its pupils, and remembers."""

    world: World
    dice: Random
    pupils: list[Pgn] = field(default_factory=list)
    entries: dict[Pgn, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    messages: list[Message] = field(default_factory=list)
    lines: int = 0

    def __post_init__(self) -> None:
        self.pupils = [self.world.pupil() for _ in range(4)]

    async def act(self) -> None:
        """Do one thing."""
        acts: Sequence[Callable[[], Awaitable[None]]] = (
            *[self.send] * 4, *[self.deliver] * 3, *[self.fetch] * 3, *[self.answer] * 2,
            self.report, self.withdraw, self.replace, self.pry, self.peek, self.read_receipt,
            self.send_again, self.rehearse, self.fail, self.list_all, self.look,
            self.look_as_school,
        )  # fmt: skip
        await self.dice.choice(acts)()

    # --- what must be told ---

    def for_fg(self, pupil: Pgn) -> Counter[Told]:
        """Give everything that was done about a pupil."""
        return Counter((entry.deed, entry.shown) for entry in self.entries[pupil])

    def for_school(self, pupil: Pgn) -> Counter[Told]:
        """Give what the school may hear: what is found at its own vestiging."""
        return Counter(
            (entry.deed, own)
            for entry in self.entries[pupil]
            if (own := frozenset(place for place in entry.places if place[0] == OWN_SCHOOL))
        )

    def places_of(self, pupil: Pgn) -> set[Place]:
        """Give where anything about a pupil can be found."""
        return {place for entry in self.entries[pupil] for place in entry.places}

    # --- as a school ---

    async def send(self) -> None:
        """Send a signaal or a melding about a pupil, in this schooljaar or the one before."""
        place = (self.dice.choice(sorted(SCHOOLS)), self.dice.choice((NOW, NOW, BEFORE)))
        await self._send(self.dice.choice(self.pupils), place)

    async def replace(self) -> None:
        """Send a signaal in the place of an earlier one, about another pupil or the same."""
        earlier = self._some(lambda m: m.soort == "signaal" and m.state != "weg")
        if earlier is None:
            return
        if await self._send(earlier.pupil, earlier.place, vervangt=earlier.number):
            earlier.state = "weg"

    async def send_again(self) -> None:
        """Repeat a request: the receipt is given once more."""
        message = self._some(lambda m: m.soort != "intrekking")
        if message is None:
            return
        path = "/v1/signalen" if message.soort == "signaal" else "/v1/verzuimmeldingen"
        headers = {"idempotency_key": message.key}
        answer = await self.world.call(message.sender, "POST", path, message.body, **headers)
        assert answer.headers["idempotent-replayed"] == "true", answer.text
        self._about(message, "ontvangstbewijs-ingezien", message.sender)

    async def read_receipt(self) -> None:
        """Read one receipt: the own school's look, or a stranger's that is refused."""
        message = self._some()
        if message is None:
            return
        reader = self.dice.choice(("las-noord", "las-zuid"))
        path = f"/v1/ontvangstbewijzen/{message.number}"
        answer = await self.world.call(reader, "GET", path)
        if reader == message.sender:
            assert answer.status_code == 200, answer.text
            self._about(message, "ontvangstbewijs-ingezien", reader)
        else:
            self._tried(message, reader, answer)

    async def withdraw(self) -> None:
        """Withdraw a message; a second time the same receipt is given again."""
        message = self._some(lambda m: m.soort != "intrekking")
        if message is None:
            return
        path = f"/v1/berichten/{message.number}/intrekkingen"
        body, key = {"reden": "onjuist"}, self.world.key()
        answer = await self.world.call(message.sender, "POST", path, body, idempotency_key=key)
        if answer.status_code == 200:  # withdrawn before
            again = next(m for m in self.messages if m.number == answer.json()["berichtId"])
            self._about(again, "ontvangstbewijs-ingezien", message.sender)
        elif answer.status_code == 202:
            told = [s["ontvanger"] for s in answer.json()["stromen"] if s["status"] == "wachtend"]
            message.state = "weg"
            new = Message(
                answer.json()["berichtId"], "intrekking", message.pupil, message.place,
                message.recipient, message.sender, key, {}, "wachtend" if told else "niets",
            )  # fmt: skip
            self.messages.append(new)
            self._about(new, "bericht-aangenomen", new.sender, new.recipient if told else None)
        else:  # it was replaced
            self._tried(message, message.sender, answer)

    async def rehearse(self) -> None:
        """Let the gateway check a signaal without sending it."""
        pupil, place = self.dice.choice(self.pupils), (self.dice.choice(sorted(SCHOOLS)), NOW)
        body = self._signaal(pupil, place)
        sender = SCHOOLS[place[0]]
        answer = await self.world.call(sender, "POST", "/v1/signalen?valideer=true", body)
        deed: Deed
        if answer.status_code == 200:
            deed = ("bericht-getoetst", sender, None, None, "ok", None)
        else:
            deed = _refused(sender, None, answer)
        self._note(pupil, deed, place)

    async def fail(self) -> None:
        """Send what is refused: by the own sender, who named the pupil; by another, who may not."""
        pupil, place = self.dice.choice(self.pupils), (self.dice.choice(sorted(SCHOOLS)), NOW)
        body = self._signaal(pupil, place, criterium="ONBEKEND")
        sender = self.dice.choice(("las-noord", "las-zuid"))
        key = self.world.key()
        answer = await self.world.call(sender, "POST", "/v1/signalen", body, idempotency_key=key)
        assert answer.status_code in {400, 403}, answer.text
        if sender == SCHOOLS[place[0]]:
            self._note(pupil, _refused(sender, None, answer), place)

    async def deliver(self) -> None:
        """Deliver registrations of several pupils at once, some lines of them wrong."""
        chosen = [
            (self.dice.choice(self.pupils), self.dice.choice(("99BB00", "99AA00")))
            for _ in range(self.dice.randint(1, 6))
        ]
        wrong = {n for n in range(1, len(chosen) + 1) if self.dice.random() < 0.2}
        lines = [
            {
                "vestigingscode": code, "registratieId": f"L-{id(self)}-{self._next()}",
                "pgn": pupil.reveal(), "datum": "2026-11-10", "minuten": 0 if n in wrong else 30,
                "categorie": "ongeoorloofd",
            }
            for n, (pupil, code) in enumerate(chosen, start=1)
        ]  # fmt: skip
        body = "\n".join(map(json.dumps, lines)).encode()
        headers = {"content_type": "application/x-ndjson", "idempotency_key": self.world.key()}
        answer = await self.world.call(
            "las-noord", "POST", "/v1/verzuimregistraties", body, **headers
        )
        numbered = list(enumerate(chosen, start=1))
        good = [about for n, about in numbered if n not in wrong]
        bad = [about for n, about in numbered if n in wrong]
        if not good:
            assert answer.status_code == 400, answer.text
            self._note_all(bad, _refused("las-noord", None, answer))
            return
        assert answer.status_code == 202, answer.text
        number = answer.json()["berichtId"]
        self._note_all(good, ("bericht-aangenomen", "las-noord", None, number, "ok", None))
        deed = ("regels-geweigerd", "las-noord", None, number, "geweigerd", "waarde-ongeldig")
        self._note_all(bad, deed)

    # --- as a recipient ---

    async def fetch(self) -> None:
        """Download a message as its recipient, or find that it is there no more."""
        message = self._some(lambda m: m.state != "niets")
        if message is None:
            return
        path = f"/v1/berichten/{message.number}"
        answer = await self.world.call(message.recipient, "GET", path)
        if answer.status_code == 200:
            self._about(message, "bericht-opgehaald", message.recipient, message.recipient)
            message.state = "opgehaald" if message.state == "wachtend" else message.state
        else:
            self._tried(message, message.recipient, answer)

    async def peek(self) -> None:
        """Ask a message for its size alone."""
        message = self._some(lambda m: m.state in {"wachtend", "opgehaald", "bevestigd"})
        if message is None:
            return
        path = f"/v1/berichten/{message.number}"
        answer = await self.world.call(message.recipient, "HEAD", path)
        assert answer.status_code == 200
        self._about(message, "lijst-ingezien", message.recipient, message.recipient)

    async def pry(self) -> None:
        """Try to get a message of another."""
        message = self._some()
        if message is None:
            return
        others = [name for name in RECIPIENTS.values() if name != message.recipient]
        other = self.dice.choice(others)
        answer = await self.world.call(other, "GET", f"/v1/berichten/{message.number}")
        assert answer.status_code == 404, answer.text
        self._tried(message, other, answer)

    async def answer(self) -> None:
        """Confirm or refuse a message, whether it may be or not."""
        message = self._some(lambda m: m.state != "niets")
        if message is None:
            return
        said = self.dice.choice(
            ({"uitkomst": "ontvangen"},) * 3
            + ({"uitkomst": "geweigerd", "reden": "NIET_WOONACHTIG"},)
        )
        answer = await self.world.answer(message.recipient, message.number, **said)
        if answer.status_code == 201:
            took = said["uitkomst"] == "ontvangen"
            message.state = "bevestigd" if took else "geweigerd"
            action = "bericht-bevestigd" if took else "bericht-geweigerd"
            self._about(message, action, message.recipient, message.sender)
        elif answer.status_code != 200:
            self._tried(message, message.recipient, answer)

    async def report(self) -> None:
        """Report on the handling, whether that may be or not."""
        message = self._some(lambda m: m.state != "niets")
        if message is None:
            return
        status = self.dice.choice(("in-behandeling", "ter-kennisgeving-aangenomen"))
        answer = await self.world.report(message.recipient, message.number, status=status)
        if answer.status_code == 201:
            self._about(message, "behandeling-teruggemeld", message.recipient, message.sender)
        elif answer.status_code != 200:
            self._tried(message, message.recipient, answer)

    async def list_all(self) -> None:
        """List mailboxes and receipts: numbers of messages, and no pupil to be told about."""
        for name in RECIPIENTS.values():
            await self.world.mailbox(name)
        for code, sender in SCHOOLS.items():
            for route in ("ontvangstbewijzen", "terugmeldingen", "drempelmeldingen"):
                path = f"/v1/{route}?vestigingscode={code}&limit=500"
                assert (await self.world.call(sender, "GET", path)).status_code == 200

    # --- as who looks ---

    async def look(self) -> None:
        """Ask as the FG."""
        await self.told(self.dice.choice(self.pupils), "fg")

    async def look_as_school(self) -> None:
        """Ask as the school that has a certificate."""
        await self.told(self.dice.choice(self.pupils), "school-99AA")

    async def told(self, pupil: Pgn, caller: str) -> Counter[Told]:
        """Ask what became of a pupil's data, note that too, and give what was told."""
        body = {"pgn": pupil.reveal(), "reden": "CONTROLE"}
        answer = await self.world.call(caller, "POST", "/v1/inzageverzoeken", body)
        assert answer.status_code == 200, answer.text
        found = frozenset(
            place for place in self.places_of(pupil) if caller == "fg" or place[0] == OWN_SCHOOL
        )
        if found:
            deed = ("inzage-gegeven", caller, None, None, "ok", None)
            self.entries[pupil].append(Entry(deed, found, found))
        return Counter(map(self._told, answer.json()["verwerkingen"]))

    # --- small print ---

    async def _send(self, pupil: Pgn, place: Place, **changes: object) -> bool:
        code, sender, key = place[0], SCHOOLS[place[0]], self.world.key()
        if changes or self.dice.random() < 0.7:
            soort, body = "signaal", self._signaal(pupil, place, **changes)
            answer = await self.world.send(body, sender, key)
        else:
            soort, body = "verzuimmelding", self._melding(pupil, place)
            answer = await self.world.report_absence(body, sender, key)
        if answer.status_code != 202:
            self._note(pupil, _refused(sender, None, answer), place)
            return False
        recipient = RECIPIENTS["0599" if code == "99CC00" else "0361"]
        number = answer.json()["berichtId"]
        new = Message(number, soort, pupil, place, recipient, sender, key, body)
        self.messages.append(new)
        self._about(new, "bericht-aangenomen", sender, recipient)
        return True

    def _signaal(self, pupil: Pgn, place: Place, **changes: object) -> dict[str, object]:
        day = f"2026-{'11' if place[1] == NOW else '06'}-{self.dice.randint(1, 17):02d}"
        return signaal(
            pupil,
            **{
                "vestigingscode": place[0],
                "woongemeente": "0599" if place[0] == "99CC00" else "0361",
                "venster": {"van": day, "tot": day},
                "ongeoorloofdeMinuten": 300,
                "oudersGeinformeerdOp": day,
                **changes,
            },
        )

    def _melding(self, pupil: Pgn, place: Place) -> dict[str, object]:
        month, first = "11" if place[1] == NOW else "06", self.dice.randint(1, 15)
        days = [{"datum": f"2026-{month}-{n:02d}", "minuten": 480} for n in (first, first + 1)]
        return verzuimmelding(
            pupil,
            vestigingscode=place[0],
            woongemeente="0599" if place[0] == "99CC00" else "0361",
            begindatum=days[0]["datum"],
            einddatum=days[1]["datum"],
            dagen=days,
            oudersGeinformeerdOp=days[1]["datum"],
        )

    def _some(self, fits: Callable[[Message], bool] = lambda _: True) -> Message | None:
        fitting = [message for message in self.messages if fits(message)]
        return self.dice.choice(fitting) if fitting else None

    def _about(self, message: Message, action: str, by: str, to: str | None = None) -> None:
        told = message.place[0] if action in _TOLD_TO_THE_SCHOOL else to
        self._note(message.pupil, (action, by, told, message.number, "ok", None), message.place)

    def _tried(self, message: Message, by: str, answer: httpx.Response) -> None:
        """Note a refusal that is found by the message alone: only the FG hears of it."""
        deed = _refused(by, message.number, answer)
        shown = frozenset({message.place})
        self.entries[message.pupil].append(Entry(deed, frozenset(), shown))

    def _note(self, pupil: Pgn, deed: Deed, place: Place) -> None:
        self.entries[pupil].append(Entry(deed, frozenset({place}), frozenset({place})))

    def _note_all(self, about: list[tuple[Pgn, str]], deed: Deed) -> None:
        for pupil in {pupil for pupil, _ in about}:
            places = frozenset((code, NOW) for named, code in about if named == pupil)
            self.entries[pupil].append(Entry(deed, places, places))

    def _next(self) -> int:
        self.lines += 1
        return self.lines

    def _told(self, told: dict[str, Any]) -> Told:
        aan = told["aan"]
        to = aan and (_NAMES.get(aan.get("oin")) or aan.get("vestigingscode"))
        by = _NAMES[told["door"]["oin"]]
        deed = (told["actie"], by, to, told["berichtId"], told["uitkomst"], told["code"])
        places = ((place["vestigingscode"], place["schooljaar"]) for place in told["scholen"])
        return deed, frozenset(places)


_TOLD_TO_THE_SCHOOL = {"bericht-bevestigd", "bericht-geweigerd", "behandeling-teruggemeld"}
_NAMES = {str(oin): name for name, oin in OINS.items()}


def _refused(by: str, number: str | None, answer: httpx.Response) -> Deed:
    code = answer.json()["code"]
    return "verzoek-geweigerd", by, None, number, "geweigerd", code
