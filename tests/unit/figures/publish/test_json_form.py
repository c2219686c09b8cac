"""The JSON form, by the byte and by its laws."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings

from exchange.errors import Fault
from exchange.figures.levering import Levering
from exchange.figures.measures import Measure, Niveau
from exchange.figures.publish import as_json, read_json
from tests.leveringen import LEVERINGEN, TINY, every_measure, levering, missing, regel

TINY_JSON = (
    '{"nummer":12,"periode":"2026-10","stand":"voorlopig","vrijgegevenOp":"2026-11-20T09:30:00Z",'
    '"drempel":5,"dekking":{"vestigingen":2,"geleverd":1},'
    '"certificaat":"n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg","rijen":['
    '{"niveau":"vestiging","code":"99BB00","periode":"2026-10","sector":"vo","gemeente":"0361",'
    '"swv":"VO2703","leerlingen":412,"geoorloofdeMinuten":61250,"ongeoorloofdeMinuten":null,'
    '"leerlingenMetOngeoorloofdVerzuim":null,"trede1":371,"trede2":null,"trede3":null,'
    '"onderdrukt":["ongeoorloofdeMinuten","leerlingenMetOngeoorloofdVerzuim","trede2","trede3"],'
    '"ontbreekt":false},'
    '{"niveau":"vestiging","code":"99BB01","periode":"2026-10","sector":"vo","gemeente":"0361",'
    '"swv":"VO2703","leerlingen":null,"geoorloofdeMinuten":null,"ongeoorloofdeMinuten":null,'
    '"leerlingenMetOngeoorloofdVerzuim":null,"trede1":null,"trede2":null,"trede3":null,'
    '"onderdrukt":[],"ontbreekt":true},'
    '{"niveau":"gemeente-swv","code":"0361-VO2703","periode":"2026-10","sector":"vo-vso",'
    '"gemeente":"0361","swv":"VO2703","leerlingen":412,"geoorloofdeMinuten":61250,'
    '"ongeoorloofdeMinuten":9480,"leerlingenMetOngeoorloofdVerzuim":37,"trede1":371,"trede2":29,'
    '"trede3":12,"verzuimmeldingen":6,"signalen":null,"onderdrukt":["signalen"],'
    '"ontbreekt":false},'
    '{"niveau":"swv","code":"VO2703","periode":"2026-10","sector":"vo-vso","swv":"VO2703",'
    '"leerlingen":1890,"geoorloofdeMinuten":280400,"ongeoorloofdeMinuten":41700,'
    '"leerlingenMetOngeoorloofdVerzuim":163,"trede1":1702,"trede2":128,"trede3":60,'
    '"verzuimmeldingen":21,"signalen":0,"onderdrukt":[],"ontbreekt":false}]}'
)


def test_a_levering_is_these_bytes() -> None:
    assert as_json(TINY).decode() == TINY_JSON


@settings(max_examples=100, deadline=None)
@given(LEVERINGEN)
def test_reading_gives_back_what_was_written(made: Levering) -> None:
    assert read_json(as_json(made)) == made


def test_a_vestiging_that_did_not_deliver_has_no_numbers_whatever_its_row_carries() -> None:
    carrying = missing("99BB01", leerlingen=8131, waarden=every_measure(8131))
    assert as_json(levering(carrying)) == as_json(levering(missing("99BB01")))


def test_messages_are_not_counted_at_a_single_school_whatever_its_row_carries() -> None:
    row = regel(Niveau.VESTIGING, 412, 1, 2, 3, 4, 5, 6)
    carrying = replace(row, waarden={**row.waarden, Measure.SIGNALEN: 8131})
    assert as_json(levering(carrying)) == as_json(levering(row))


def test_a_number_that_is_not_said_to_be_shown_is_hidden() -> None:
    silent = regel(Niveau.VESTIGING, 412, 1, 2, 3, 4, 5, 6, waarden={Measure.TREDE1: 390})
    (row,) = json.loads(as_json(levering(silent)))["rijen"]
    assert row["trede1"] == 390
    assert "trede1" not in row["onderdrukt"]
    assert len(row["onderdrukt"]) == 5


def _change(**changes: object) -> bytes:
    return json.dumps({**json.loads(TINY_JSON), **changes}, separators=(",", ":")).encode()


def _change_row(**changes: object) -> bytes:
    rows = json.loads(TINY_JSON)["rijen"]
    return _change(rijen=[{**rows[0], **changes}, *rows[1:]])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff",
        TINY_JSON.encode() + b"\n",
        TINY_JSON.replace(",", ", ", 1).encode(),
        _change(nummer="12"),
        _change(nummer=True),
        _change(drempel=5.0),
        _change(stand="concept"),
        _change(periode="2026-13"),
        _change(vrijgegevenOp="2026-11-20T09:30:00+00:00"),
        _change(extra=1),
        _change(rijen=[None]),
        _change_row(trede2=29),
        _change_row(onderdrukt=[]),
        _change_row(ontbreekt=True),
        _change_row(leerlingen=-1),
        _change_row(periode="2026-09"),
        _change_row(signalen=3),
    ],
)
def test_reading_refuses_what_was_never_written(data: bytes) -> None:
    with pytest.raises(Fault):
        read_json(data)


def test_the_cases_above_differ_from_a_good_levering_only_where_they_say() -> None:
    assert read_json(_change()) == read_json(_change_row()) == TINY
