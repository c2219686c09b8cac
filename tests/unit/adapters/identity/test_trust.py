"""Who is believed follows the files within half a minute; on a broken one nobody new is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapters.identity.trust import Trust
from exchange.crypto.pki import (
    Credential,
    Validity,
    make_authority,
    make_client,
    make_crl,
    make_intermediate,
)
from exchange.errors import Refused, Unavailable
from tests.unit.adapters.identity.loopback import NOW, OIN, PAST, VALID, FixedClock
from tests.unit.crypto.issuing import der

ROOT = make_authority("Stam", VALID, path_length=1)
BETWEEN = make_intermediate(ROOT, "Tussen", VALID)
CLIENT = make_client(BETWEEN, OIN, "Gemeente", "client", VALID)
OTHER = make_client(BETWEEN, OIN, "Gemeente", "other", VALID)
LISTS = make_crl(ROOT, [], VALID) + make_crl(BETWEEN, [], VALID)
REVOKING = make_crl(ROOT, [], VALID, 2) + make_crl(BETWEEN, [CLIENT.certificate], VALID, 2)
LOOK = timedelta(seconds=2)
WITHIN = timedelta(seconds=35)
"""Within this it must be known everywhere; the promise is 60 s."""


class Watched:
    """A trust over two files, with a clock that a test sets."""

    def __init__(self, folder: Path, *, crl: bytes | None = LISTS) -> None:
        self.ca, self.crl, self.clock = folder / "ca.pem", folder / "crl.pem", FixedClock()
        self.put(self.ca, ROOT.certificate + BETWEEN.certificate)
        if crl is not None:
            self.put(self.crl, crl)
        self.trust = Trust(self.ca, self.crl if crl is not None else None, self.clock)

    @staticmethod
    def put(path: Path, content: bytes) -> None:
        """Replace a file in one go."""
        new = path.with_suffix(".new")
        new.write_bytes(content)
        new.replace(path)

    def later(self, time: timedelta) -> None:
        self.clock.moment += time

    def believes(self, client: Credential = CLIENT) -> bool:
        try:
            return self.trust.certificate(der(client)).oin == OIN
        except Refused as refused:
            if refused.code != "niet-aangemeld":
                raise
            return False

    def is_usable(self) -> bool:
        try:
            self.trust.require_usable()
        except Unavailable:
            return False
        return True


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_a_certificate_of_our_chain_is_believed_and_a_strangers_is_not(watched: Watched) -> None:
    assert watched.believes()
    stranger = make_authority("Stam", VALID)
    assert not watched.believes(make_client(stranger, OIN, "Gemeente", "client", VALID))
    assert watched.is_usable()


def test_an_authority_that_is_not_in_the_file_may_be_shown_with_the_certificate(
    tmp_path: Path,
) -> None:
    watched = Watched(tmp_path)
    watched.put(watched.ca, ROOT.certificate)
    watched.later(LOOK)
    assert not watched.believes()
    assert watched.trust.certificate(der(CLIENT), (der(BETWEEN),)).oin == OIN


def test_a_revocation_in_the_file_is_known_within_half_a_minute(watched: Watched) -> None:
    assert watched.believes()
    watched.put(watched.crl, REVOKING)
    watched.later(LOOK)
    assert not watched.believes()
    assert watched.believes(OTHER)


def test_between_two_looks_the_files_are_left_alone(watched: Watched) -> None:
    assert watched.believes()
    watched.put(watched.crl, REVOKING)
    watched.later(LOOK - timedelta(milliseconds=1))
    assert watched.believes()


def test_a_clock_that_is_set_back_does_not_stop_the_looking(watched: Watched) -> None:
    assert watched.believes()
    watched.put(watched.crl, REVOKING)
    watched.later(-timedelta(hours=1))
    assert not watched.believes()


def test_a_ca_that_is_added_counts_and_one_that_is_removed_does_not(watched: Watched) -> None:
    new = make_authority("Nieuw", VALID)
    client = make_client(new, OIN, "Gemeente", "nieuw", VALID)
    watched.put(watched.crl, LISTS + make_crl(new, [], VALID))
    assert not watched.believes(client)
    watched.put(watched.ca, ROOT.certificate + BETWEEN.certificate + new.certificate)
    watched.later(LOOK)
    assert watched.believes(client)
    assert watched.believes()
    watched.put(watched.ca, new.certificate)
    watched.later(LOOK)
    assert watched.believes(client)
    assert not watched.believes()


@pytest.mark.parametrize("file", ["ca", "crl"])
@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN CERTIFICATE-----\n", b"\x00" * 99])
def test_on_a_file_that_cannot_be_used_nobody_new_is_believed_until_it_is_mended(
    watched: Watched, file: str, content: bytes | None
) -> None:
    assert watched.believes()
    path = {"ca": watched.ca, "crl": watched.crl}[file]
    good = path.read_bytes()
    with capture_logs() as said:
        if content is None:
            path.unlink()
        else:
            watched.put(path, content)
        watched.later(LOOK)
        assert not watched.is_usable()
        assert not watched.believes(OTHER)
        watched.later(WITHIN)
        assert not watched.believes()
        watched.put(path, good)
        watched.later(LOOK)
        assert watched.believes()
        assert watched.believes(OTHER)
        assert watched.is_usable()
    events = [(line["event"], line["part"]) for line in said]
    assert events == [("trust-lost", f"client-{file}"), ("trust-loaded", "client-ca, client-crl")]


def test_who_was_believed_is_not_cut_off_while_a_file_is_being_written(watched: Watched) -> None:
    assert watched.believes()
    watched.crl.write_bytes(LISTS[:100])  # not in one go
    watched.later(LOOK)
    assert watched.believes()
    assert not watched.believes(OTHER)


def test_a_list_that_runs_out_refuses_everybody_and_says_so(tmp_path: Path) -> None:
    soon = Validity(VALID.not_before, NOW + timedelta(minutes=5))
    watched = Watched(tmp_path, crl=make_crl(ROOT, [], soon) + make_crl(BETWEEN, [], soon))
    assert watched.believes()
    watched.later(timedelta(minutes=5) + WITHIN)
    assert not watched.believes()
    assert not watched.is_usable()
    watched.put(watched.crl, LISTS)
    watched.later(LOOK)
    assert watched.believes()
    assert watched.is_usable()


def test_without_lists_nobody_is_revoked(tmp_path: Path) -> None:
    watched = Watched(tmp_path, crl=None)
    assert watched.believes()
    assert watched.is_usable()


def test_an_authority_without_a_list_vouches_for_nobody_where_lists_are_used(
    tmp_path: Path,
) -> None:
    assert not Watched(tmp_path, crl=make_crl(ROOT, [], VALID)).believes()
    assert not Watched(tmp_path, crl=make_crl(BETWEEN, [], VALID)).believes()


def test_a_certificate_that_expires_is_refused_at_once(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    ends = Validity(VALID.not_before, NOW + timedelta(seconds=1))
    client = make_client(BETWEEN, OIN, "Gemeente", "kort", ends)
    assert watched.believes(client)
    watched.later(timedelta(seconds=2))
    assert not watched.believes(client)


@pytest.mark.parametrize("missing", ["ca", "crl"])
def test_it_does_not_open_on_a_file_that_cannot_be_used(tmp_path: Path, missing: str) -> None:
    watched = Watched(tmp_path)
    path = {"ca": watched.ca, "crl": watched.crl}[missing]
    for spoil in (b"", None):
        if spoil is None:
            path.unlink()
        else:
            path.write_bytes(spoil)
        with pytest.raises(Unavailable) as refused:
            Trust(watched.ca, watched.crl, watched.clock)
        assert refused.value.facts["onderdeel"] == f"client-{missing}"
        assert str(path) in refused.value.facts["herstel"]


def test_an_expired_authority_makes_nobody_even_when_the_file_is_fine(tmp_path: Path) -> None:
    old = make_authority("Oud", PAST)
    watched = Watched(tmp_path, crl=None)
    watched.put(watched.ca, old.certificate)
    watched.later(LOOK)
    assert not watched.believes(make_client(old, OIN, "Gemeente", "client", VALID))
