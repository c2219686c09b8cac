"""Keys in a folder survive a power cut, refuse what is unsafe, and say what to mend."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.keys.file.provider import FileKeyProvider
from exchange.crypto.wrapping import Argon2Cost
from exchange.errors import Code, Fault, KeyDestroyed, Unavailable
from exchange.messages.identifiers import Oin, Schooljaar, Vestigingscode
from exchange.ports import GatewayKey, KeyUse, PseudonymKey, VestigingKey

SCHOOL, YEAR = Vestigingscode("99AA00"), Schooljaar(2026)
MAILBOX = VestigingKey(KeyUse.MAILBOX, SCHOOL, YEAR)
ROOT = "vestiging.99AA00.2026-2027.key"
Open = Callable[[], FileKeyProvider]


def complaint(call: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(Unavailable) as refusal:
        call()
    assert refusal.value.code is Code.DIENST_ONBESCHIKBAAR
    role, remedy = refusal.value.facts["onderdeel"], refusal.value.facts["herstel"]
    assert refusal.value.__notes__ == [f"{role}: {remedy}"]
    return role, remedy


def test_another_opening_has_the_same_keys(open_folder: Open) -> None:
    one, other = open_folder(), open_folder()
    sealed = one.seal(MAILBOX, b"plain", b"context")
    assert other.open(MAILBOX, sealed, b"context") == b"plain"
    assert one.mac(MAILBOX, b"m") == other.mac(MAILBOX, b"m")
    assert one.signing_kid() == other.signing_kid()
    assert one.public_keys() == other.public_keys()


def test_creating_again_changes_nothing(
    open_folder: Open, folder: Path, passphrase_file: Path
) -> None:
    before = open_folder().mac(MAILBOX, b"m")
    assert FileKeyProvider.create(folder, passphrase_file).mac(MAILBOX, b"m") == before


def test_everything_on_disk_is_for_its_owner_alone(
    open_folder: Open, folder: Path, passphrase_file: Path
) -> None:
    keys = open_folder()
    keys.mac(MAILBOX, b"m")
    keys.mac(GatewayKey(KeyUse.LOG), b"m")
    keys.mac(PseudonymKey(Oin("00000099000003610000"), "geheim-doel", YEAR), b"m")
    keys.rotate_signing()
    keys.destroy(SCHOOL, YEAR)
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "master.key",
        ROOT,
        "gateway.log.key",
        "pseudonym.2026-2027.key",
        "signing.0001.key",
        "signing.0001.public",
        "signing.0002.key",
    }
    for path in (*folder.iterdir(), passphrase_file):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_no_root_lies_in_clear(open_folder: Open, folder: Path) -> None:
    """A root wrapped twice, or under another name, would open; its bytes alone say nothing."""
    keys = open_folder()
    keys.mac(MAILBOX, b"m")
    wrapped = (folder / ROOT).read_bytes()
    assert len(wrapped) == 1 + 12 + 32 + 16
    (folder / "vestiging.99BB00.2026-2027.key").write_bytes(wrapped)
    other = VestigingKey(KeyUse.MAILBOX, Vestigingscode("99BB00"), YEAR)
    assert complaint(lambda: keys.mac(other, b"m"))[0] == "sleutel vestiging.99BB00.2026-2027"


class _Recorder:
    """Writes down, in order, what was made durable; an inode is known by the name it got."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[str] = []
        for name in ("fsync", "link", "replace", "rename", "unlink", "pwrite"):
            monkeypatch.setattr(os, name, self._recorded(name, getattr(os, name)))

    def _recorded(self, name: str, real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            kind = ""
            if name == "fsync" and isinstance(args[0], int):
                kind = " folder" if stat.S_ISDIR(os.fstat(args[0]).st_mode) else " file"
            self.calls.append(name + kind)
            return real(*args, **kwargs)

        return call


def test_a_new_key_is_on_disk_before_it_is_used(
    open_folder: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = open_folder()
    recorder = _Recorder(monkeypatch)
    keys.mac(MAILBOX, b"m")
    assert recorder.calls[:4] == ["fsync file", "link", "unlink", "fsync folder"]


def test_a_key_that_another_made_is_on_disk_before_it_is_used(
    open_folder: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its maker may have come no further than the link."""
    open_folder().mac(MAILBOX, b"m")
    keys = open_folder()
    recorder = _Recorder(monkeypatch)
    keys.mac(MAILBOX, b"m")
    assert recorder.calls == ["fsync folder"]
    keys.mac(MAILBOX, b"m")
    assert recorder.calls == ["fsync folder"], "a known key costs no write"


def test_a_folder_at_rest_is_made_durable_once_for_all_the_keys_in_it(
    open_folder: Open, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schools = [VestigingKey(KeyUse.INZAGE, Vestigingscode(f"99AA{n:02d}"), YEAR) for n in range(5)]
    for key in schools:
        open_folder().mac(key, b"m")
    an_hour_ago = folder.stat().st_mtime_ns - 3_600_000_000_000
    os.utime(folder, ns=(an_hour_ago, an_hour_ago))
    keys = open_folder()
    recorder = _Recorder(monkeypatch)
    for key in schools[1:]:
        keys.mac(key, b"m")
    assert recorder.calls == ["fsync folder"]
    new = VestigingKey(KeyUse.INZAGE, Vestigingscode("99BB00"), YEAR)
    open_folder().mac(new, b"m")  # another process adds a name
    recorder.calls.clear()
    keys.mac(new, b"m")
    assert recorder.calls == ["fsync folder"]


def test_a_tombstone_is_on_disk_before_the_key_is_overwritten(
    open_folder: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = open_folder()
    keys.mac(MAILBOX, b"m")
    recorder = _Recorder(monkeypatch)
    keys.destroy(SCHOOL, YEAR)
    expected = ["fsync file", "rename", "unlink", "fsync folder", "pwrite", "fsync file"]
    assert [call.replace("replace", "rename") for call in recorder.calls] == expected


def test_a_destroyed_key_is_overwritten(open_folder: Open, folder: Path) -> None:
    keys = open_folder()
    keys.mac(MAILBOX, b"m")
    (folder / "copy").hardlink_to(folder / ROOT)
    keys.destroy(SCHOOL, YEAR)
    assert (folder / "copy").read_bytes() == bytes(61)
    assert (folder / ROOT).read_bytes() == b"vernietigd\n"


def test_a_destroyed_key_stays_so_after_a_restart(open_folder: Open) -> None:
    open_folder().destroy(SCHOOL, YEAR)
    with pytest.raises(KeyDestroyed):
        open_folder().mac(MAILBOX, b"m")


def test_a_key_destroyed_while_it_is_read_is_destroyed_and_not_garbled(
    open_folder: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, destroying = open_folder(), open_folder()
    destroying.mac(MAILBOX, b"m")
    fstat = os.fstat
    looked: list[int] = []

    def destroyed_after_opening(descriptor: int) -> os.stat_result:
        status = fstat(descriptor)
        if not looked:
            looked.append(descriptor)
            destroying.destroy(SCHOOL, YEAR)
        return status

    monkeypatch.setattr(os, "fstat", destroyed_after_opening)
    with pytest.raises(KeyDestroyed):
        reading.mac(MAILBOX, b"m")
    assert looked


def test_a_key_destroyed_elsewhere_is_gone_at_the_next_use(open_folder: Open) -> None:
    one, other = open_folder(), open_folder()
    sealed = one.seal(MAILBOX, b"plain", b"context")
    other.destroy(SCHOOL, YEAR)
    with pytest.raises(KeyDestroyed):
        one.open(MAILBOX, sealed, b"context")
    with pytest.raises(KeyDestroyed):
        one.mac(MAILBOX, b"m")


def test_a_rotation_elsewhere_is_followed_at_the_next_signature(open_folder: Open) -> None:
    one, other = open_folder(), open_folder()
    old = one.signing_kid()
    new = other.rotate_signing()
    assert one.signing_kid() == new != old
    assert [jwk["kid"] for jwk in open_folder().public_keys()] == [new, old]
    assert one.public_keys() == other.public_keys()


def test_a_rotation_leaves_no_older_private_key(open_folder: Open, folder: Path) -> None:
    keys = open_folder()
    keys.rotate_signing()
    keys.rotate_signing()
    for number in (1, 2):
        assert (folder / f"signing.{number:04d}.key").read_bytes() == b"vernietigd\n"


def test_a_rotation_cut_short_is_finished_by_the_next(open_folder: Open, folder: Path) -> None:
    keys = open_folder()
    first = keys.signing_kid()
    keys._store.load("signing.0002", make=True)  # as far as it came
    assert [jwk["kid"] for jwk in keys.public_keys()][1] == first
    keys.rotate_signing()
    assert (folder / "signing.0001.key").read_bytes() == b"vernietigd\n"
    assert len(open_folder().public_keys()) == 3


def test_a_key_that_vanished_is_not_made_again(open_folder: Open, folder: Path) -> None:
    keys = open_folder()
    mac = keys.mac(MAILBOX, b"m")
    kept = (folder / ROOT).rename(folder.parent / "kept")
    for _ in range(2):
        role, remedy = complaint_without_note(lambda: keys.mac(MAILBOX, b"m"))
        assert role == "sleutel vestiging.99AA00.2026-2027"
        assert "zet het bestand terug" in remedy
    kept.rename(folder / ROOT)
    assert keys.mac(MAILBOX, b"m") == mac


def complaint_without_note(call: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(Unavailable) as refusal:
        call()
    return refusal.value.facts["onderdeel"], refusal.value.facts["herstel"]


@pytest.mark.parametrize("content", [b"", b"x", b"vernietigd", bytes(61), b"\x01" + bytes(60)])
def test_a_garbled_key_is_neither_used_nor_replaced(
    open_folder: Open, folder: Path, content: bytes
) -> None:
    open_folder().mac(MAILBOX, b"m")
    (folder / ROOT).write_bytes(content)
    role, remedy = complaint(lambda: open_folder().mac(MAILBOX, b"m"))
    assert role == "sleutel vestiging.99AA00.2026-2027"
    assert "beschadigd" in remedy
    assert (folder / ROOT).read_bytes() == content


def test_a_public_key_that_nobody_noted_is_not_believed(open_folder: Open, folder: Path) -> None:
    open_folder().rotate_signing()
    (folder / "signing.0001.public").write_bytes(b'{"kty":"EC"}')
    assert complaint(open_folder().public_keys)[0] == "sleutel signing.0001.public"


def test_opening_makes_no_file(open_folder: Open, folder: Path) -> None:
    with pytest.raises(Fault):
        open_folder().open(MAILBOX, bytes(61), b"context")
    assert {path.name for path in folder.iterdir()} == {"master.key"}


def test_a_folder_that_is_gone_is_unavailable(open_folder: Open, folder: Path) -> None:
    keys = open_folder()
    folder.rename(folder.with_name("elsewhere"))
    assert complaint(lambda: keys.mac(MAILBOX, b"m"))[0].startswith("sleutel ")
    assert complaint(lambda: keys.destroy(SCHOOL, YEAR))[0].startswith("sleutel ")


def test_a_full_disk_leaves_nothing_behind(
    open_folder: Open, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = open_folder()

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    complaint(lambda: keys.mac(MAILBOX, b"m"))
    assert {path.name for path in folder.iterdir()} == {"master.key"}


def test_a_wrong_passphrase_opens_nothing(
    open_folder: Open, folder: Path, passphrase_file: Path
) -> None:
    passphrase_file.write_text("een heel ander wachtwoord\n")
    role, remedy = complaint(lambda: FileKeyProvider(folder, passphrase_file))
    assert role == "hoofdsleutel"
    assert "wachtwoord" in remedy
    complaint(lambda: FileKeyProvider.create(folder, passphrase_file))


def test_a_garbled_master_key_is_not_replaced(open_folder: Open, folder: Path) -> None:
    (folder / "master.key").write_bytes(b"x" * 100)
    assert complaint(open_folder)[0] == "hoofdsleutel"


def test_a_missing_master_key_is_named(folder: Path, passphrase_file: Path) -> None:
    folder.mkdir(mode=0o700)
    passphrase_file.touch(0o600)
    passphrase_file.write_text("lang genoeg om te gebruiken")
    role, remedy = complaint(lambda: FileKeyProvider(folder, passphrase_file))
    assert role == "hoofdsleutel"
    assert str(folder) in remedy


def test_a_missing_folder_or_passphrase_is_named(
    open_folder: Open, folder: Path, passphrase_file: Path
) -> None:
    assert complaint(lambda: FileKeyProvider(folder / "no", passphrase_file))[0] == "sleutelmap"
    passphrase_file.unlink()
    assert complaint(open_folder)[0] == "wachtwoordbestand"
    complaint(lambda: FileKeyProvider.create(folder, passphrase_file))
    assert not passphrase_file.exists(), "a new passphrase would open nothing"


def test_a_short_passphrase_is_refused(folder: Path, passphrase_file: Path) -> None:
    passphrase_file.touch(0o600)
    passphrase_file.write_text("kort\n")
    role, remedy = complaint(lambda: FileKeyProvider.create(folder, passphrase_file))
    assert role == "wachtwoordbestand"
    assert "openssl rand -base64 32" in remedy
    assert "kort\n" not in remedy


@pytest.mark.parametrize("mode", [0o750, 0o701, 0o777, 0o720])
def test_a_folder_open_to_others_is_refused(open_folder: Open, folder: Path, mode: int) -> None:
    folder.chmod(mode)
    role, remedy = complaint(open_folder)
    assert role == "sleutelmap"
    assert f"chmod 700 {folder}" in remedy


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o602])
def test_secrets_open_to_others_are_refused(
    open_folder: Open, folder: Path, passphrase_file: Path, mode: int
) -> None:
    for path, role in (
        (passphrase_file, "wachtwoordbestand"),
        (folder / "master.key", "hoofdsleutel"),
    ):
        path.chmod(mode)
        assert complaint(open_folder) == (role, f"Anderen kunnen hierbij: chmod 600 {path}")
        path.chmod(0o600)


def test_the_default_cost_is_that_of_rfc_9106(folder: Path, passphrase_file: Path) -> None:
    FileKeyProvider.create(folder, passphrase_file)
    stored = (folder / "master.key").read_bytes()
    assert stored[:10] == bytes([1, 0, 1, 0, 0, 0, 0, 0, 3, 4]), (
        "version, 64 MiB, 3 passes, 4 lanes"
    )
    assert Argon2Cost() == Argon2Cost(memory_kib=65536, iterations=3, lanes=4)


def test_memory_of_keys_is_bounded(open_folder: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.keys.rooted._MOST_ROOTS", 3)
    monkeypatch.setattr("adapters.keys.rooted._MOST_KEYS_PER_ROOT", 2)
    keys = open_folder()
    made = [VestigingKey(use, SCHOOL, Schooljaar(y)) for y in range(2020, 2026) for use in KeyUse]
    macs = [keys.mac(key, b"m") for key in made]
    assert len(keys._loaded) == 3
    assert all(len(loaded.keys) <= 2 for loaded in keys._loaded.values())
    assert [keys.mac(key, b"m") for key in made] == macs
