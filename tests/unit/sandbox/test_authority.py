"""Another CA for a sandbox that runs: trusted first, used next, and then alone."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exchange.crypto.certificate_facts import certificates_in
from exchange.errors import Unavailable
from exchange.sandbox.layout import Layout
from exchange.sandbox.setup import authority
from exchange.sandbox.setup.certificates import make_certificates
from exchange.sandbox.setup.folder import hold, is_held
from exchange.sandbox.world import World, read_world

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PARTY = "las-noord"


@pytest.fixture(scope="module")
def world() -> World:
    return read_world()


@pytest.fixture
def layout(tmp_path: Path, world: World) -> Layout:
    with hold(tmp_path / "sandbox") as held:
        make_certificates(held, world, NOW)
        return held


def believed(layout: Layout) -> list[str]:
    return [fact.subject for fact in certificates_in(layout.ca.read_bytes())]


def issuers(layout: Layout, world: World) -> set[str]:
    names = ("server", *(party.name for party in world.participants.values()))
    pems = (layout.certificate(name).read_bytes() for name in names)
    return {fact.issuer for pem in pems for fact in certificates_in(pem)}


def test_everybody_trusts_the_new_ca_before_anybody_shows_its_certificates(
    layout: Layout, world: World
) -> None:
    (old,) = believed(layout)
    seen = []
    authority.begin(
        layout, world, NOW, lambda: seen.append((believed(layout), issuers(layout, world)))
    )
    ((first, new), leaves), *more = seen
    assert not more
    assert first == old != new
    assert leaves == {old}
    assert believed(layout) == [old, new]
    assert issuers(layout, world) == {new}


def test_the_old_ca_ends_with_the_second_step(layout: Layout, world: World) -> None:
    authority.begin(layout, world, NOW, lambda: None)
    _, new = believed(layout)
    authority.finish(layout, NOW)
    assert believed(layout) == [new]
    assert not list(layout.pki.glob("ca-next*"))
    before = {path.name: path.read_bytes() for path in layout.pki.iterdir()}
    make_certificates(layout, world, NOW)  # the next start of the sandbox
    assert {path.name: path.read_bytes() for path in layout.pki.iterdir()} == before
    layout.certificate(PARTY).unlink()
    make_certificates(layout, world, NOW)
    assert issuers(layout, world) == {new}


def test_every_certificate_fits_its_key(layout: Layout, world: World) -> None:
    authority.begin(layout, world, NOW, lambda: None)
    authority.finish(layout, NOW)
    for name in ("ca", "server", PARTY):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_cert_chain(layout.certificate(name), layout.private_key(name))


@pytest.mark.parametrize("repeats", [2, 3])
def test_a_step_done_again_after_a_crash_goes_on_with_the_same_ca(
    layout: Layout, world: World, repeats: int
) -> None:
    for _ in range(repeats):
        authority.begin(layout, world, NOW, lambda: None)
    assert len(believed(layout)) == 2
    assert issuers(layout, world) == {believed(layout)[1]}


def test_a_start_of_the_sandbox_between_the_steps_changes_nothing(
    layout: Layout, world: World
) -> None:
    authority.begin(layout, world, NOW, lambda: None)
    before = believed(layout), issuers(layout, world)
    make_certificates(layout, world, NOW)
    assert (believed(layout), issuers(layout, world)) == before


def test_nothing_begins_without_a_ca_and_nothing_ends_without_a_new_one(
    tmp_path: Path, layout: Layout, world: World
) -> None:
    with pytest.raises(Unavailable):
        authority.begin(Layout(tmp_path), world, NOW, lambda: None)
    with pytest.raises(Unavailable):
        authority.finish(layout, NOW)


def test_says_whether_a_sandbox_runs(tmp_path: Path) -> None:
    with hold(tmp_path / "sandbox") as layout:
        assert is_held(layout)
    assert not is_held(layout)
    with pytest.raises(Unavailable):
        is_held(Layout(tmp_path / "nowhere"))
