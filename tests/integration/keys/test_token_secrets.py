"""What is in the token stays there: nothing can be read, copied or wrapped out of it."""

from __future__ import annotations

import stat
from collections.abc import Iterator

import pytest
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass, Session
from pkcs11.exceptions import AttributeSensitive, KeyUnextractable, PKCS11Error

from adapters.keys.pkcs11 import TokenKeyProvider
from adapters.keys.pkcs11.objects import find
from adapters.keys.pkcs11.templates import Handle
from exchange.errors import KeyDestroyed
from exchange.messages.identifiers import Schooljaar, Vestigingscode
from exchange.ports import GatewayKey, KeyUse, VestigingKey
from tests.integration.keys.softhsm import Hsm
from tests.unit.adapters.keys.test_key_conformance import LOG, MAILBOX, PSEUDONYM, SCHOOL, YEAR

_SECRET = (ObjectClass.SECRET_KEY, ObjectClass.PRIVATE_KEY)
_VALUES = {
    KeyType.GENERIC_SECRET: (Attribute.VALUE,),
    KeyType.AES: (Attribute.VALUE,),
    KeyType.EC: (Attribute.VALUE,),
    KeyType.EC_EDWARDS: (Attribute.VALUE,),
}


@pytest.fixture
def used(keys: TokenKeyProvider) -> TokenKeyProvider:
    """Give keys of which every kind is in the token: made, wrapped, and unwrapped again."""
    for key in (MAILBOX, LOG, PSEUDONYM):
        keys.mac(key, b"m")
        keys.open(key, keys.seal(key, b"plain", b"context"), b"context")
    keys.sign(b"m")
    keys.rotate_signing()
    keys.sign(b"m")
    keys.sign_checkpoint(b"m")
    return keys


def secrets_in(session: Session) -> Iterator[Handle]:
    """Give every key that must stay secret: those of the token, and those of the session."""
    for kind in _SECRET:
        yield from session.get_objects({Attribute.CLASS: kind})


def test_no_key_can_be_read_taken_out_or_copied(used: TokenKeyProvider) -> None:
    def look(session: Session) -> int:
        found = list(secrets_in(session))
        for key in found:
            assert key[Attribute.SENSITIVE]
            assert key[Attribute.PRIVATE]
            assert not key[Attribute.EXTRACTABLE]
            assert not key[Attribute.COPYABLE]
            assert not key[Attribute.MODIFIABLE]
            for value in _VALUES[key.key_type]:
                with pytest.raises(AttributeSensitive):
                    key[value]
        return len(found)

    round_keys, own, working = 2, 1 + 1 + 1, 6  # KEKs; binding, signing.0002, checkpoint
    assert used._token.run(look) == round_keys + own + working


def test_what_stays_in_the_token_was_never_out_of_it(used: TokenKeyProvider) -> None:
    def look(session: Session) -> None:
        standing = [key for key in secrets_in(session) if key[Attribute.TOKEN]]
        assert len(standing) == 5
        for key in standing:
            assert key[Attribute.NEVER_EXTRACTABLE]
            assert key[Attribute.ALWAYS_SENSITIVE]

    used._token.run(look)


def test_each_key_has_one_use(used: TokenKeyProvider) -> None:
    uses = (
        Attribute.ENCRYPT,
        Attribute.SIGN,
        Attribute.WRAP,
        Attribute.DERIVE,
    )

    def look(session: Session) -> None:
        for key in secrets_in(session):
            held = set()
            for use in uses:
                try:
                    held |= {use} if key[use] else set()
                except PKCS11Error:  # this kind of key has no such use
                    continue
            assert len(held) == 1, (key, held)

    used._token.run(look)


def test_no_key_wraps_another_that_is_in_use(used: TokenKeyProvider) -> None:
    def look(session: Session) -> None:
        wrapping: Handle = find(session, ObjectClass.SECRET_KEY, "kek.gateway")
        for key in secrets_in(session):
            with pytest.raises(KeyUnextractable):
                wrapping.wrap_key(key, mechanism=Mechanism.AES_KEY_WRAP)

    used._token.run(look)


@pytest.mark.parametrize("spoiled", [{Attribute.EXTRACTABLE: True}, {Attribute.SENSITIVE: False}])
def test_the_token_unwraps_nothing_into_a_form_that_can_be_read(
    used: TokenKeyProvider, spoiled: dict[Attribute, bool]
) -> None:
    """A thief with the PIN and a copy of the folder uses keys while he is in; he takes none."""

    def steal(session: Session) -> None:
        wrapping: Handle = find(session, ObjectClass.SECRET_KEY, "kek.gateway")
        content = used._folder.read("gateway.log", "mac")
        assert content is not None
        template = {Attribute.EXTRACTABLE: False, Attribute.SENSITIVE: True, **spoiled}
        with pytest.raises(PKCS11Error) as refusal:
            wrapping.unwrap_key(
                ObjectClass.SECRET_KEY,
                KeyType.GENERIC_SECRET,
                content[1][1:-32],
                mechanism=Mechanism.AES_KEY_WRAP,
                capabilities=MechanismFlag.SIGN,
                template=template,
            )
        assert type(refusal.value).__name__ == "TemplateInconsistent"

    used._token.run(steal)


def test_the_folder_is_for_its_owner_alone_and_holds_what_was_wrapped(
    used: TokenKeyProvider, hsm: Hsm
) -> None:
    files = [path for path in hsm.folder.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    folders = [hsm.folder, *(path for path in hsm.folder.rglob("*") if path.is_dir())]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}
    keys = [path for path in files if path.suffix == ".key"]
    assert len(keys) == 6
    assert {path.stat().st_size for path in keys} == {1 + (32 + 8) + 32}, "RFC 3394, then a MAC"
    assert "leerplicht" not in " ".join(str(path) for path in keys)


def test_the_pin_is_in_no_file_of_ours(used: TokenKeyProvider, hsm: Hsm) -> None:
    pin = hsm.pin_file.read_bytes().strip()
    assert all(pin not in path.read_bytes() for path in hsm.folder.rglob("*") if path.is_file())


def test_the_form_of_what_is_sealed_is_that_of_the_file_provider(keys: TokenKeyProvider) -> None:
    plaintext = b"x" * 100
    sealed = keys.seal(MAILBOX, plaintext, b"context")
    assert len(sealed) == 1 + 12 + len(plaintext) + 16
    assert sealed[:1] == b"\x01"
    assert len({keys.seal(MAILBOX, plaintext, b"context")[1:13] for _ in range(50)}) == 50


def test_a_destroyed_key_leaves_a_tombstone_and_no_wrapped_key(
    used: TokenKeyProvider, hsm: Hsm
) -> None:
    copy = hsm.folder.parent / "copy"
    mailbox = hsm.folder / "vestiging.99AA00.2026-2027" / "mailbox.seal.key"
    copy.hardlink_to(mailbox)
    used.destroy(SCHOOL, YEAR)
    assert copy.read_bytes() == bytes(73), "overwritten"
    assert mailbox.read_bytes() == b"vernietigd\n"


def test_the_end_of_a_schooljaar_leaves_nothing_of_it_in_the_folder(
    used: TokenKeyProvider, hsm: Hsm
) -> None:
    used.destroy(SCHOOL, YEAR)
    used.mac(VestigingKey(KeyUse.INZAGE, Vestigingscode("99BB00"), YEAR), b"m")
    used.mac(VestigingKey(KeyUse.INZAGE, SCHOOL, Schooljaar(2027)), b"m")
    used.end_schooljaar(YEAR)
    left = {path.name for path in hsm.folder.glob("vestiging.*")}
    assert left == {"vestiging.99AA00.2027-2028"}
    with pytest.raises(KeyDestroyed):
        used.mac(MAILBOX, b"m")
    used.mac(GatewayKey(KeyUse.LOG), b"m")
