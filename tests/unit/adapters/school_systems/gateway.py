"""A gateway as a sender meets it, in memory; with faults where a test wants one."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from exchange.messages.identifiers import Pgn

Fault = Callable[[httpx.Request], httpx.Response | None]


@dataclass
class SimulatedGateway:
    """Remembers keys, refuses lines of 0 minutes; ``faults`` are used up, one for each request."""

    faults: list[Fault] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)
    answered: dict[str, tuple[bytes, httpx.Response]] = field(default_factory=dict)
    counted: list[str] = field(default_factory=list)
    refused_as: str = "waarde-ongeldig"

    @property
    def keys(self) -> list[str]:
        """Give the key of every request."""
        return [request.headers.get("idempotency-key", "") for request in self.requests]

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer as contract section 2 says."""
        self.requests.append(request)
        if self.faults and (answer := self.faults.pop(0)(request)) is not None:
            return answer
        return self.take_in(request)

    def take_in(self, request: httpx.Request) -> httpx.Response:
        """Take a request in, once for each key."""
        body = request.content
        if request.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        if request.url.query == b"valideer=true":
            return self._judged(request, body, rehearsal=True)
        key = request.headers["idempotency-key"]
        if key in self.answered:
            known, answer = self.answered[key]
            if known != body:
                return problem(409, "idempotentiesleutel-hergebruikt")
            return httpx.Response(202, content=answer.content)
        answer = self._judged(request, body, rehearsal=False)
        if answer.is_success:
            self.answered[key] = (body, answer)
        return answer

    def _judged(self, request: httpx.Request, body: bytes, *, rehearsal: bool) -> httpx.Response:
        many = request.headers["content-type"] == "application/x-ndjson"
        documents = [json.loads(line) for line in body.splitlines()] if many else [json.loads(body)]
        bad = [number for number, one in enumerate(documents, 1) if self._is_bad(one)]
        if len(bad) == len(documents):
            pointers = [f"/{number}/minuten" if many else "/ongeoorloofdeMinuten" for number in bad]
            return problem(400, self.refused_as, *pointers)
        if not rehearsal:
            self.counted += [one.get("registratieId", one["pgn"]) for one in documents]
        known: dict[str, Any] = {"geldig": not bad} if rehearsal else {"berichtId": str(uuid4())}
        if many:
            known["aantalAangenomen"] = len(documents) - len(bad)
            known["aantalGeweigerd"] = len(bad)
            known["geweigerd"] = [
                {"regel": number, "fouten": [fout("/minuten", self.refused_as)]} for number in bad
            ]
        return httpx.Response(200 if rehearsal else 202, json=known)

    def _is_bad(self, document: dict[str, Any]) -> bool:
        return document.get("minuten", document.get("ongeoorloofdeMinuten")) == 0


def fout(pointer: str, code: str) -> dict[str, str]:
    """Give one thing that is wrong."""
    return {"pointer": pointer, "code": code, "detail": "De waarde is niet goed."}


def problem(status: int, code: str, *pointers: str, **more: str) -> httpx.Response:
    """Give a problem document."""
    fouten = [fout(pointer, code) for pointer in pointers or ("",)]
    return httpx.Response(status, json={"code": code, "fouten": fouten, **more})


def saying(status: int, code: str = "dienst-onbeschikbaar", **headers: str) -> Fault:
    """Give a fault that answers instead."""

    def fault(_: httpx.Request) -> httpx.Response:
        answer = problem(status, code)
        answer.headers.update({name.replace("_", "-"): text for name, text in headers.items()})
        return answer

    return fault


def no_connection(request: httpx.Request) -> httpx.Response:
    """Let the connection fail before anything was received."""
    raise httpx.ConnectError("no route", request=request)


def registrations(*lines: tuple[str, Pgn, int]) -> str:
    """Give a CSV file of registrations: id, pupil and minutes."""
    rows = [f"99BB00;{own};{pgn.reveal()};2026-11-16;{minutes};ZIEK" for own, pgn, minutes in lines]
    return "\n".join(["vestigingscode;registratieId;pgn;datum;minuten;reden", *rows]) + "\n"
