"""Several processes share one token and folder: one key each, and one end to it."""

from __future__ import annotations

from adapters.keys.pkcs11 import TokenKeyProvider
from tests.integration.keys.process import all_at_once, processes
from tests.integration.keys.softhsm import Hsm


def test_all_take_the_key_of_a_token_that_the_first_one_made(hsm: Hsm) -> None:
    """From an empty token and an empty disk."""
    with processes(4, hsm) as running:
        macs = all_at_once(running, "mac 8")
        assert len(macs) == 1
        assert len(set(macs.pop().split())) == 8
        for command in ("log", "kid", "checkpoint", "pseudonym"):
            assert len(all_at_once(running, command)) == 1


def test_what_one_ends_is_over_for_all_at_their_next_use(hsm: Hsm) -> None:
    with processes(3, hsm) as running:
        all_at_once(running, "mac 2")
        assert running[0].ask("destroy 2020") == "destroyed"
        assert all_at_once(running, "mac 1") == {"KeyDestroyed"}
        assert running[1].ask("end 2021") == "ended"
        assert all_at_once(running, "mac 2") == {"KeyDestroyed"}


def test_making_and_destroying_in_a_token_at_once_ends_destroyed(hsm: Hsm) -> None:
    with processes(3, hsm) as running:
        all_at_once(running, "log")
        for command in ("destroy 2020", "end 2020"):
            for process in running:
                process.tell(command if process is running[0] else "mac 1")
            for process in running:
                process.hear()
            assert all_at_once(running, "mac 1") == {"KeyDestroyed"}


def test_rotations_in_a_token_at_once_leave_one_current_key(hsm: Hsm) -> None:
    with processes(3, hsm) as running:
        first = all_at_once(running, "kid").pop()
        rotated = all_at_once(running, "rotate")
        assert first not in rotated
        current = all_at_once(running, "kid")
        assert len(current) == 1
        assert current <= rotated
        before = all_at_once(running, "pseudonym")
        all_at_once(running, "rotate-pseudonyms")
        after = all_at_once(running, "pseudonym")
        assert len(before) == len(after) == 1
        assert before != after
    keys = TokenKeyProvider(*hsm.settings)
    assert {first} | rotated <= {jwk["kid"] for jwk in keys.public_keys()}
