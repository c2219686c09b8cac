"""CSV with its sidecar, and Parquet: by the byte where people compare them, and by their laws."""

from __future__ import annotations

import csv
import io
import json

import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types
from hypothesis import given, settings

from exchange.figures.levering import Levering
from exchange.figures.measures import Measure, Niveau
from exchange.figures.publish import as_csv, as_csvw, as_json, as_parquet
from tests.leveringen import LEVERINGEN, TINY, every_measure, levering, missing, regel

TINY_CSV = (
    "niveau;code;periode;sector;gemeente;swv;leerlingen;geoorloofdeMinuten;ongeoorloofdeMinuten;"
    "leerlingenMetOngeoorloofdVerzuim;trede1;trede2;trede3;verzuimmeldingen;signalen\r\n"
    "vestiging;99BB00;2026-10;vo;0361;VO2703;412;61250;.;.;371;.;.;;\r\n"
    "vestiging;99BB01;2026-10;vo;0361;VO2703;x;x;x;x;x;x;x;;\r\n"
    "gemeente-swv;0361-VO2703;2026-10;vo-vso;0361;VO2703;412;61250;9480;37;371;29;12;6;.\r\n"
    "swv;VO2703;2026-10;vo-vso;;VO2703;1890;280400;41700;163;1702;128;60;21;0\r\n"
)
NUMBERS = ("leerlingen", *Measure)
PLACE = ("niveau", "code", "periode", "sector", "gemeente", "swv")


def csv_rows(made: Levering) -> list[dict[str, str]]:
    """Read the CSV form as an analyst would."""
    return list(csv.DictReader(io.StringIO(as_csv(made).decode(), newline=""), delimiter=";"))


def parquet_rows(made: Levering) -> list[dict[str, object]]:
    """Read the Parquet form as an analyst would."""
    rows: list[dict[str, object]] = pq.read_table(io.BytesIO(as_parquet(made))).to_pylist()
    return rows


def test_a_levering_is_these_lines_of_csv() -> None:
    assert as_csv(TINY).decode() == TINY_CSV


def test_a_levering_is_these_rows_of_parquet() -> None:
    hidden, gone, shown, _ = parquet_rows(TINY)
    assert hidden == {
        "niveau": "vestiging", "code": "99BB00", "periode": "2026-10", "sector": "vo",
        "gemeente": "0361", "swv": "VO2703", "leerlingen": 412, "geoorloofdeMinuten": 61250,
        "ongeoorloofdeMinuten": None, "leerlingenMetOngeoorloofdVerzuim": None, "trede1": 371,
        "trede2": None, "trede3": None, "verzuimmeldingen": None, "signalen": None,
        "onderdrukt": ["ongeoorloofdeMinuten", "leerlingenMetOngeoorloofdVerzuim", "trede2",
                       "trede3"],
        "ontbreekt": False,
    }  # fmt: skip
    assert gone["ontbreekt"] is True
    assert {gone[name] for name in NUMBERS} == {None}
    assert shown["onderdrukt"] == ["signalen"]


def test_the_parquet_file_carries_the_header() -> None:
    metadata = pq.read_schema(io.BytesIO(as_parquet(TINY))).metadata
    assert metadata[b"nummer"] == b"12"
    assert metadata[b"stand"] == b"voorlopig"
    assert metadata[b"dekking"] == b'{"vestigingen":2,"geleverd":1}'
    assert set(json.loads(as_json(TINY))) - {"rijen"} == {name.decode() for name in metadata}


def test_the_same_levering_gives_the_same_parquet_bytes() -> None:
    assert as_parquet(TINY) == as_parquet(TINY)


@settings(max_examples=60, deadline=None)
@given(LEVERINGEN)
def test_csv_json_and_parquet_say_the_same(made: Levering) -> None:
    written = json.loads(as_json(made))["rijen"]
    tables = zip(written, csv_rows(made), parquet_rows(made), strict=True)
    for in_json, in_csv, in_parquet in tables:
        assert in_parquet["onderdrukt"] == in_json["onderdrukt"]
        assert in_parquet["ontbreekt"] == in_json["ontbreekt"]
        for name in PLACE:
            assert in_csv[name] == (in_json.get(name) or "")
            assert in_parquet[name] == in_json.get(name)
        for name in NUMBERS:
            assert in_parquet[name] == in_json.get(name)
            assert in_csv[name] == _as_text(in_json, name)


def _as_text(row: dict[str, object], name: str) -> str:
    if name not in row:
        return ""
    if row["ontbreekt"]:
        return "x"
    return "." if row[name] is None else str(row[name])


def test_a_code_with_a_semicolon_or_a_quote_stays_one_cell() -> None:
    odd = regel(Niveau.VESTIGING, 9, 1, 2, 3, 4, 5, 6, code='a;"b"\r\nc')
    assert csv_rows(levering(odd))[0]["code"] == 'a;"b"\r\nc'


def test_nothing_that_a_missing_row_carries_reaches_a_table() -> None:
    carrying = missing("99BB01", leerlingen=8131, waarden=every_measure(8131))
    clean = levering(missing("99BB01"))
    assert as_csv(levering(carrying)) == as_csv(clean)
    assert as_parquet(levering(carrying)) == as_parquet(clean)


def test_the_sidecar_describes_the_csv_that_stands_beside_it() -> None:
    sidecar = json.loads(as_csvw(TINY, "12.csv"))
    assert sidecar["@context"] == ["http://www.w3.org/ns/csvw", {"@language": "nl"}]
    assert sidecar["url"] == "12.csv"
    assert sidecar["dialect"] == {
        "encoding": "utf-8", "delimiter": ";", "lineTerminators": ["\r\n"], "header": True,
    }  # fmt: skip
    columns = sidecar["tableSchema"]["columns"]
    assert [column["name"] for column in columns] == TINY_CSV.partition("\r\n")[0].split(";")
    assert sidecar["tableSchema"]["primaryKey"] == ["niveau", "code", "sector"]
    for column in columns:
        titles = column["titles"]["nl"]
        assert titles[0] == column["name"]  # what the first line of the CSV is compared with
        assert column["dc:description"].endswith(".")


def test_the_sidecar_reads_every_cell_of_the_csv() -> None:
    columns = json.loads(as_csvw(TINY, "12.csv"))["tableSchema"]["columns"]
    for row in csv_rows(TINY):
        for column in columns:
            text = row[column["name"]]
            if text in column["null"]:
                assert not column["required"]
            elif column["datatype"] == "nonNegativeInteger":
                assert int(text) >= 0
            else:
                assert text


def test_the_sidecar_tells_the_header() -> None:
    text = as_csvw(TINY, "12.csv").decode()
    for fact in ("voorlopig", "2026-11-20T09:30:00Z", "2026-10", '"12"', TINY.certificaat):
        assert fact in text
    assert "1 van de 2 vestigingen" in text
    assert "1 tot en met 4" in text
