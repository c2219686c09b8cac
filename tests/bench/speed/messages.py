"""The messages that schools send in the bench, as prebuilt requests: no two are the same."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import date, timedelta
from uuid import uuid4

from exchange.messages.identifiers import Schooljaar
from tests.persons import bsns

SIGNALEN = "/v1/signalen"
_VESTIGINGEN = ("99BB00", "99BB01")
_GEMEENTEN = ("0361", "0599")
_CRITERIA = ("OPLOPEND", "PATROON_VASTE_DAG")
_LONGEST_DAYS = 21
"""A window of this many days and one touches four lesweken at most."""

_DAYS_BACK = 60
_PUPILS = tuple(pgn.reveal() for pgn in bsns())


def signalen(today: date) -> Iterator[bytes]:
    """Give ever new bodies: the same 1,818 test pupils, other windows and criteria.

    A day of another schooljaar is not asked about, so in August there are few: then they are of the
    year before.
    """
    last = today - timedelta(days=1)
    if Schooljaar.of(last) != Schooljaar.of(last - timedelta(days=_LONGEST_DAYS + _DAYS_BACK)):
        last = date(last.year, 7, 31)
    number = itertools.count()
    for length, back, criterium in itertools.product(
        range(_LONGEST_DAYS, 0, -1), range(_DAYS_BACK), _CRITERIA
    ):
        tot = last - timedelta(days=back)
        van = tot - timedelta(days=length)
        for pgn in _PUPILS:
            yield _signaal(pgn, next(number), van, tot, criterium)


def _signaal(pgn: str, number: int, van: date, tot: date, criterium: str) -> bytes:
    return json.dumps(
        {
            "vestigingscode": _VESTIGINGEN[number % 2],
            "pgn": pgn,
            "plicht": "leerplichtig",
            "woongemeente": _GEMEENTEN[number // 2 % 2],
            "venster": {"van": van.isoformat(), "tot": tot.isoformat()},
            "ongeoorloofdeMinuten": 300,
            "criterium": criterium,
            "oudersGeinformeerdOp": tot.isoformat(),
            "actiesSchool": ["GESPREK_OUDERS"],
            "contact": {"rol": "mentor", "email": "verzuim@school.example"},
        },
        separators=(",", ":"),
    ).encode()


def is_for(body: bytes, recipient: str) -> bool:
    """Whether a signaal goes to this leerplicht."""
    return bool(recipient.removeprefix("leerplicht-") == json.loads(body)["woongemeente"])


def registrations(today: date, lines: int, serial: int, vestiging: str = "99CC00") -> bytes:
    """Give a delivery: a thousand pupils over the last twenty days, ever new numbers."""
    return b"".join(
        b'{"vestigingscode":"%s","registratieId":"B%d-%d","pgn":"%s","datum":"%s","minuten":%d,'
        b'"reden":"%s"}\n'
        % (
            vestiging.encode(),
            serial,
            number,
            _PUPILS[number % 1000].encode(),
            (today - timedelta(days=number % 20)).isoformat().encode(),
            1 + number % 300,
            b"ZIEK" if number % 3 else b"SPIJBEL",
        )
        for number in range(lines)
    )


def post(
    path: str,
    body: bytes,
    client_cert: str | None = None,
    content_type: str = "application/json",
) -> bytes:
    """Give a whole request; ``client_cert`` is what a proxy adds to it."""
    identity = f"client-cert: {client_cert}\r\n" if client_cert else ""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {content_type}\r\n{identity}"
        f"idempotency-key: {uuid4()}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
