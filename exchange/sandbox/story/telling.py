"""Tells the school week: every message through the public API, and what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from time import monotonic

from exchange.messages.identifiers import Gemeentecode
from exchange.messages.intrekking import IntrekkingReden
from exchange.messages.soort import Soort
from exchange.sandbox.screen.board import Board
from exchange.sandbox.story.caller import Caller, Pause, Reply, wire
from exchange.sandbox.story.journals import Journals
from exchange.sandbox.story.plan import Fate, Handling, Planned, Story
from exchange.sandbox.story.told import Receipt, Told
from exchange.sandbox.world import World

_PATHS = {Soort.SIGNAAL: "/v1/signalen", Soort.VERZUIMMELDING: "/v1/verzuimmeldingen"}
_ARRIVES_WITHIN_SECONDS = 60.0
_LOOKS = 50  # a bevestiging may follow the line in the journal by a moment
_LOOK_SECONDS = 0.1


class Teller:
    """Tells one story; ``callers`` gives each party's connection, ``journals`` shows what arrived.

    Without journals nobody receives: then what should follow a download is left for a later start.
    """

    def __init__(
        self,
        world: World,
        callers: Callable[[str], Caller],
        journals: Journals | None,
        board: Board,
        pause: Pause,
    ) -> None:
        self._world = world
        self._callers = callers
        self._journals = journals
        self._board = board
        self._pause = pause
        self._told: dict[int, Told] = {}
        self._deadline = 0.0

    def tell(self, story: Story) -> Mapping[int, Told]:
        """Send everything; give what became of each, by number."""
        self._deadline = monotonic() + _ARRIVES_WITHIN_SECONDS
        for planned in story.messages:
            earlier = self._told[planned.replaces] if planned.replaces else None
            if earlier is None or self._await_arrival(earlier):
                self._send(planned)
        self._withdraw_what_arrived(story)
        if self._journals is not None:
            for handling in story.handlings:
                self._handle(handling)
        return self._told

    def await_all(self) -> int:
        """Wait, but not for ever, until all that must arrive stands in a journal; count it."""
        if self._journals is None:
            return 0
        self._deadline = monotonic() + _ARRIVES_WITHIN_SECONDS
        for told in self._told.values():
            self._await_arrival(told)
        withdrawals = [one.withdrawal for one in self._told.values() if one.withdrawal]
        ids = [one.bericht_id for one in self._told.values()]
        ids += [withdrawal["berichtId"] for withdrawal in withdrawals]
        return sum(len(self._journals.where(bericht_id)) for bericht_id in ids)

    def _send(self, planned: Planned) -> None:
        body = dict(planned.body)
        if planned.replaces is not None:
            body["vervangt"] = self._told[planned.replaces].bericht_id
        sent = wire(body)
        reply = self._callers(planned.sender).post(_PATHS[planned.soort], sent, planned.key)
        told = _told(planned, sent, reply)
        self._keep(told)
        if told.receipt is not None and planned.fate is Fate.METEEN_INGETROKKEN:
            self._withdraw(told, IntrekkingReden.ONJUIST)

    def _keep(self, told: Told) -> None:
        self._told[told.planned.number] = told
        self._board.told(told)
        if self._journals is not None:
            self._board.journals(self._journals.look())

    def _withdraw_what_arrived(self, story: Story) -> None:
        for planned in story.messages:
            if planned.fate is Fate.LATER_INGETROKKEN:
                told = self._told[planned.number]
                if told.receipt is not None and self._await_arrival(told):
                    self._withdraw(told, IntrekkingReden.HERSTELD)

    def _withdraw(self, told: Told, reden: IntrekkingReden) -> None:
        path = f"/v1/berichten/{told.bericht_id}/intrekkingen"
        key = f"{told.planned.key}-intrekking"
        reply = self._callers(told.planned.sender).post(path, wire({"reden": reden.value}), key)
        if reply.status not in {HTTPStatus.ACCEPTED, HTTPStatus.OK}:
            self._board.note(f"intrekking van {told.planned.name}: {reply.status}")
            return
        withdrawal: Receipt = json.loads(reply.body)
        self._keep(replace(told, withdrawal=withdrawal))

    def _handle(self, handling: Handling) -> None:
        """Report what leerplicht does, as far as it did not report it at an earlier start."""
        told = self._told[handling.number]
        if told.receipt is None or not self._await_arrival(told):
            return
        known = self._reported(told)
        leerplicht = self._world.leerplicht_of(Gemeentecode(told.planned.body["woongemeente"]))
        path = f"/v1/berichten/{told.bericht_id}/terugmeldingen"
        for status, afsluitreden in handling.steps:
            if status.value not in known:
                reden = {"afsluitreden": afsluitreden.value} if afsluitreden else {}
                self._report(leerplicht.name, path, wire({"status": status.value, **reden}))
            self._board.handled(told, status)

    def _report(self, name: str, path: str, body: bytes) -> None:
        for _ in range(_LOOKS):
            if self._callers(name).post(path, body).status != HTTPStatus.CONFLICT:
                return
            self._pause(_LOOK_SECONDS)

    def _reported(self, told: Told) -> set[str]:
        path = f"/v1/terugmeldingen?vestigingscode={told.planned.body['vestigingscode']}&limit=500"
        listed = self._callers(told.planned.sender).get(path)["terugmeldingen"]
        return {report["status"] for report in listed if report["berichtId"] == told.bericht_id}

    def _await_arrival(self, told: Told) -> bool:
        """Wait until a message, and an intrekking that follows it, stand in a journal."""
        if self._journals is None:
            return False
        while True:
            self._board.journals(self._journals.look())
            if not self._missing(told, self._journals):
                return True
            if monotonic() > self._deadline:
                return False
            self._pause(_LOOK_SECONDS)

    def _missing(self, told: Told, journals: Journals) -> bool:
        waits = told.must_arrive and not journals.where(told.bericht_id)
        follows = told.withdrawal if told.withdrawal_must_arrive else None
        return waits or (follows is not None and not journals.where(follows["berichtId"]))


def _told(planned: Planned, sent: bytes, reply: Reply) -> Told:
    document = json.loads(reply.body)
    if reply.status == HTTPStatus.ACCEPTED:
        is_new = reply.headers.get("idempotent-replayed") != "true"
        return Told(planned, sent, reply.status, receipt=document, is_new=is_new)
    return Told(planned, sent, reply.status, problem=document)
