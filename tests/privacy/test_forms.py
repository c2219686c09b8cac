"""The canary test can only be as good as its eyes: what the scanner finds, and what it does not."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import html
import io
import json
import os
import random
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.persons import bsn, onderwijsnummer
from tests.privacy.forms import SHORTEST, Canary, forms, short_forms
from tests.privacy.scanner import UNREADABLE, Scanner

PUPIL = Canary("leerling", bsn(50).reveal())
DIGITS = PUPIL.text.encode()
WORD = Canary("woord", "Sjoerdtje Kanariëzang")
NOISE = random.Random(20261122)


def _sha1(text: str) -> bytes:
    return hashlib.sha1(text.encode()).digest()  # noqa: S324  sought, not used


# Each written by the standard library, not by `forms`: two mistakes would have to be the same.
WRITTEN: dict[str, Callable[[str], bytes]] = {
    "plain": lambda pgn: f"pgn={pgn};".encode(),
    "utf-16-le": lambda pgn: f"pgn {pgn}".encode("utf-16-le"),
    "utf-16-be": lambda pgn: f"pgn {pgn}".encode("utf-16-be"),
    "reversed": lambda pgn: f"<{pgn[::-1]}>".encode(),
    "dots": lambda pgn: f"{pgn[:4]}.{pgn[4:6]}.{pgn[6:]}".encode(),
    "dashes": lambda pgn: f"{pgn[:3]}-{pgn[3:6]}-{pgn[6:]}".encode(),
    "spaces": lambda pgn: f"{pgn[:3]} {pgn[3:6]} {pgn[6:]}".encode(),
    "hex": lambda pgn: b"\\x" + pgn.encode().hex().encode(),
    "hex in capitals": lambda pgn: pgn.encode().hex().upper().encode(),
    "escaped for URLs": lambda pgn: "".join(f"%{ord(c):02X}" for c in pgn).encode(),
    "escaped for JSON": lambda pgn: "".join(f"\\u{ord(c):04X}" for c in pgn).encode(),
    "JSON in base64": lambda pgn: base64.b64encode(json.dumps({"pgn": pgn}).encode()),
    "JSON in base64, moved by one": lambda pgn: base64.b64encode(f'{{"pgn": "{pgn}"}}'.encode()),
    "JSON in base64, moved by two": lambda pgn: base64.b64encode(f'{{ "pgn": "{pgn}"}}'.encode()),
    "base64url": lambda pgn: base64.urlsafe_b64encode(f"\xff\xff{pgn}".encode("latin-1")),
    "md5": lambda pgn: hashlib.md5(pgn.encode()).digest(),  # noqa: S324  sought, not used
    "sha1 in hex": lambda pgn: _sha1(pgn).hex().encode(),
    "sha256 in hex": lambda pgn: hashlib.sha256(pgn.encode()).hexdigest().encode(),
    "sha512 in base64": lambda pgn: base64.b64encode(hashlib.sha512(pgn.encode()).digest()),
    "sha3": lambda pgn: hashlib.sha3_256(pgn.encode()).digest(),
    "blake2b": lambda pgn: hashlib.blake2b(pgn.encode()).digest(),
    "sha256 with its kind": lambda pgn: hashlib.sha256(f"BSN:{pgn}".encode()).digest(),
    "hmac without a key": lambda pgn: hmac.digest(b"", pgn.encode(), "sha256"),
    "integer of eight bytes": lambda pgn: int(pgn).to_bytes(8, "little"),
    "integer of eight bytes, big-endian": lambda pgn: int(pgn).to_bytes(8),
    "gzip": lambda pgn: gzip.compress(b"x" * 3000 + pgn.encode() + b"y" * 3000),
    "zlib": lambda pgn: zlib.compress(f"een brief over {pgn} en nog wat".encode() * 9),
    "gzip within gzip": lambda pgn: gzip.compress(gzip.compress(f"pgn {pgn}".encode())),
}


def seen(canary: Canary, data: bytes) -> bool:
    """Say whether a fresh scanner finds ``canary`` in ``data``."""
    scanner = Scanner([canary])
    scanner.scan("test", "data", data)
    return bool(scanner.findings.of(canary))


@pytest.mark.parametrize("written", WRITTEN)
def test_finds_a_number_however_it_is_written(written: str) -> None:
    leak = WRITTEN[written](PUPIL.text)
    for shift in range(4):
        assert seen(PUPIL, NOISE.randbytes(shift) + leak + b"\x01rest")


@pytest.mark.parametrize("written", WRITTEN)
def test_does_not_take_one_pupil_for_another(written: str) -> None:
    assert not seen(PUPIL, WRITTEN[written](bsn(51).reveal()))


def test_finds_a_name_however_it_is_written() -> None:
    text = WORD.text
    for leak in (
        text.encode(),
        text.encode("latin-1"),
        text.encode("utf-16-le"),
        text.upper().encode("latin-1"),
        text.upper().encode().lower(),
        json.dumps(text).encode(),
        quote(text).encode(),
        html.escape(text).encode(),
        base64.b64encode(text.encode("latin-1")),
        hashlib.sha256(text.encode()).digest(),
    ):
        assert seen(WORD, b"\x00" + leak), leak


def test_case_does_not_hide_a_word_but_distinguishes_base64() -> None:
    reason = Canary("reden", "KNR_DOKTER_9X")
    assert seen(reason, b"knr_dokter_9x")
    encoded = base64.b64encode(b"KNR_DOKTER_9X")
    assert seen(reason, encoded)
    assert not seen(reason, encoded.swapcase())


def test_every_form_is_found_at_every_offset_among_many_canaries() -> None:
    canaries = [PUPIL, WORD, *(Canary(f"p{n}", bsn(60 + n).reveal()) for n in range(5))]
    scanner = Scanner(canaries)
    for form in forms(PUPIL):
        for shift in range(4):
            scanner.findings.hits.clear()
            scanner.scan("test", "data", b"\xa5" * shift + form.pattern + b"\xa5")
            assert form.label in {hit.form for hit in scanner.findings.of(PUPIL)}, form.label


def test_finds_nothing_in_what_is_random() -> None:
    scanner = Scanner([Canary(f"p{n}", bsn(n).reveal()) for n in range(40)])
    scanner.scan("test", "random bytes", os.urandom(2 * 1024 * 1024))
    scanner.scan("test", "random hex", os.urandom(1024 * 1024).hex().encode())
    scanner.scan("test", "random base64", base64.b64encode(os.urandom(1024 * 1024)))
    assert not scanner.findings.hits


def test_every_form_is_long_enough_to_prove_something() -> None:
    for canary in (PUPIL, WORD, Canary("onderwijsnummer", onderwijsnummer(5).reveal())):
        assert all(len(form.pattern) >= SHORTEST for form in forms(canary))
    assert {len(form.pattern) for form in short_forms(PUPIL)} == {4, 5, 6}


@pytest.mark.parametrize(
    "written",
    [
        lambda pgn: int(pgn).to_bytes(4, "little"),
        lambda pgn: int(pgn).to_bytes(4, "big"),
        lambda pgn: bytes.fromhex(pgn + "c"),
        lambda pgn: bytes.fromhex("0" + pgn),
    ],
)
def test_a_short_number_is_chance_and_a_crowd_of_them_is_a_leak(
    written: Callable[[str], bytes],
) -> None:
    pupils = [Canary(f"p{n}", bsn(n).reveal()) for n in range(40)]
    scanner = Scanner(pupils)
    scanner.scan("test", "two", b"..".join(written(pupil.text) for pupil in pupils[:2]))
    assert not scanner.findings.hits
    scanner.scan("test", "crowd", b"..".join(written(pupil.text) for pupil in pupils[:20]))
    assert len({hit.canary for hit in scanner.findings.hits}) == 20


def test_a_crowd_does_not_make_a_leak_of_somebody_elses_chance() -> None:
    one, crowd = (
        Canary("een", bsn(40).reveal()),
        [Canary(f"p{n}", bsn(n).reveal(), "crowd") for n in range(20)],
    )
    scanner = Scanner([one, *crowd])
    numbers = [int(canary.text).to_bytes(4) for canary in (one, *crowd)]
    scanner.scan("test", "crowd and one", b"..".join(numbers))
    assert {hit.canary for hit in scanner.findings.hits} == {canary.name for canary in crowd}


def test_unpacks_a_zip_member_and_a_stream_that_breaks_off() -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("brief.txt", f"over leerling {PUPIL.text} " * 20)
    assert DIGITS not in whole.getvalue()
    assert seen(PUPIL, b"..." + whole.getvalue())
    noise = NOISE.randbytes(5000).hex().encode()
    packed = gzip.compress(DIGITS + noise)
    assert seen(PUPIL, packed[: len(packed) // 2])
    assert seen(PUPIL, packed[: len(packed) // 2] + NOISE.randbytes(500))


def test_finds_what_lies_across_two_pieces_of_a_large_file(tmp_path: Path) -> None:
    file = tmp_path / "large"
    for before in (32 * 1024 * 1024 - 5, 64 * 1024 - 3):
        with file.open("wb") as large:
            large.truncate(before)
            large.seek(before)
            large.write(DIGITS + b"tail")
        scanner = Scanner([PUPIL])
        scanner.scan_file("file", file)
        assert scanner.findings.of(PUPIL)
        assert scanner.findings.searched["file"] == before + len(DIGITS) + 4


def test_finds_what_a_page_header_of_the_wal_cuts_in_two(tmp_path: Path) -> None:
    segment = tmp_path / "000000010000000000000001"
    first = b"h" * 40 + b"." * (8192 - 40 - 4) + DIGITS[:4]
    segment.write_bytes(first + b"h" * 24 + DIGITS[4:] + b"." * (8192 - 24 - 5))
    scanner = Scanner([PUPIL])
    scanner.scan_file("file", segment)
    assert not scanner.findings.hits
    scanner.scan_wal("wal", segment)
    assert [hit.form for hit in scanner.findings.of(PUPIL)] == ["plain utf-8"]


def test_searches_a_folder_with_its_names_and_through_links(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    for folder in (root / "a" / "b", elsewhere, root / "left-out"):
        folder.mkdir(parents=True)
    (root / "a" / "b" / f"export-{PUPIL.text}.csv").write_text("leeg")
    (root / "link").symlink_to(elsewhere)
    (root / "a" / "round").symlink_to(root)
    (elsewhere / "dump").write_bytes(DIGITS)
    (root / "left-out" / "journal").write_bytes(DIGITS)
    scanner = Scanner([PUPIL])
    scanner.scan_tree("tree", root, leave_out=[root / "left-out"])
    assert {hit.place for hit in scanner.findings.hits} == {f"{root}/a/b (names)", "link/dump"}


def test_what_cannot_be_read_is_a_hit(tmp_path: Path) -> None:
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    (tmp_path / "unreadable").symlink_to("/proc/self/mem")
    scanner = Scanner([PUPIL])
    scanner.scan_tree("tree", tmp_path)
    scanner.scan_tree("missing", tmp_path / "no-folder")
    scanner.scan_wal("wal", tmp_path / "no-segment")
    assert {(hit.surface, hit.canary) for hit in scanner.findings.hits} == {
        ("tree", UNREADABLE),
        ("missing", UNREADABLE),
        ("wal", UNREADABLE),
    }
    assert len(scanner.findings.hits) == 4


def test_a_neighbouring_number_is_not_taken_for_this_one() -> None:
    """``/`` and ``_`` are one in base64, and two in a binary number."""
    this, neighbour = Canary("dit", "999971887"), 999971935
    assert int(this.text).to_bytes(4) == b"\x3b\x9a\x5c/"
    assert neighbour.to_bytes(4) == b"\x3b\x9a\x5c_"
    assert seen(this, int(this.text).to_bytes(8, "little"))
    assert not seen(this, neighbour.to_bytes(8, "little"))
