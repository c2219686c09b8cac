"""An older copy of the key folder opens nothing of a schooljaar that has ended."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.keys.pkcs11 import TokenKeyProvider
from exchange.errors import KeyDestroyed, Unavailable
from exchange.messages.identifiers import Schooljaar
from exchange.ports import KeyUse, VestigingKey
from tests.integration.keys.softhsm import Hsm, util
from tests.unit.adapters.keys.test_file_keys import complaint
from tests.unit.adapters.keys.test_key_conformance import LOG, MAILBOX, SCHOOL, YEAR

Open = Callable[[], TokenKeyProvider]
NEXT = VestigingKey(KeyUse.MAILBOX, SCHOOL, Schooljaar(2027))


def put_back(hsm: Hsm, copy: Path) -> None:
    shutil.rmtree(hsm.folder)
    shutil.copytree(copy, hsm.folder)


def test_a_copy_put_back_after_the_end_of_a_schooljaar_opens_nothing_of_it(
    open_token: Open, hsm: Hsm, tmp_path: Path
) -> None:
    keys = open_token()
    sealed, kept = keys.seal(MAILBOX, b"plain", b"c"), keys.seal(NEXT, b"plain", b"c")
    copy = Path(shutil.copytree(hsm.folder, tmp_path / "copy"))
    keys.destroy(SCHOOL, YEAR)
    keys.end_schooljaar(YEAR)
    put_back(hsm, copy)
    for opened in (keys, open_token()):
        with pytest.raises(KeyDestroyed):
            opened.open(MAILBOX, sealed, b"c")
        with pytest.raises(KeyDestroyed):
            opened.seal(MAILBOX, b"new", b"c")
        assert opened.open(NEXT, kept, b"c") == b"plain"


def test_the_next_purge_removes_what_a_copy_brought_back(
    open_token: Open, hsm: Hsm, tmp_path: Path
) -> None:
    keys = open_token()
    keys.seal(MAILBOX, b"plain", b"c")
    copy = Path(shutil.copytree(hsm.folder, tmp_path / "copy"))
    keys.end_schooljaar(YEAR)
    put_back(hsm, copy)
    open_token().end_schooljaar(YEAR)
    assert not list(hsm.folder.glob("vestiging.*"))


def test_until_then_a_copy_undoes_the_destruction_of_one_vestiging(
    open_token: Open, hsm: Hsm, tmp_path: Path
) -> None:
    """That is why backups of the folder are short-lived; docs/keys.md says so."""
    keys = open_token()
    sealed = keys.seal(MAILBOX, b"plain", b"c")
    copy = Path(shutil.copytree(hsm.folder, tmp_path / "copy"))
    keys.destroy(SCHOOL, YEAR)
    put_back(hsm, copy)
    assert open_token().open(MAILBOX, sealed, b"c") == b"plain"


def test_a_wrapped_key_counts_under_its_own_name_only(open_token: Open, hsm: Hsm) -> None:
    keys = open_token()
    keys.seal(MAILBOX, b"plain", b"c")
    place = hsm.folder / "vestiging.99AA00.2026-2027"
    (place / "column.seal.key").write_bytes((place / "mailbox.seal.key").read_bytes())
    column = VestigingKey(KeyUse.COLUMN, SCHOOL, YEAR)
    role, remedy = complaint(lambda: keys.seal(column, b"plain", b"c"))
    assert role == "sleutel vestiging.99AA00.2026-2027/column.seal"
    assert "beschadigd" in remedy


@pytest.mark.parametrize("content", [b"", b"x", b"vernietigd", bytes(73), b"\x01" + bytes(72)])
def test_a_garbled_wrapped_key_is_neither_used_nor_replaced(
    open_token: Open, hsm: Hsm, content: bytes
) -> None:
    keys = open_token()
    keys.mac(LOG, b"m")
    path = hsm.folder / "gateway.log" / "mac.key"
    path.write_bytes(content)
    assert complaint(lambda: keys.mac(LOG, b"m"))[0] == "sleutel gateway.log/mac"
    assert path.read_bytes() == content


def test_a_key_that_vanished_from_the_folder_is_not_made_again(open_token: Open, hsm: Hsm) -> None:
    keys = open_token()
    mac = keys.mac(LOG, b"m")
    path = hsm.folder / "gateway.log" / "mac.key"
    kept = path.rename(hsm.folder.parent / "kept")
    for _ in range(2):
        assert "zet het bestand terug" in complaint(lambda: keys.mac(LOG, b"m"))[1]
    kept.rename(path)
    assert keys.mac(LOG, b"m") == mac


@pytest.mark.parametrize("label", ["kek.2026-2027", "signing.0001", "checkpoint.0001"])
def test_a_key_that_vanished_from_the_token_is_not_made_again(
    open_token: Open, hsm: Hsm, label: str
) -> None:
    keys = open_token()
    uses: dict[str, Callable[[TokenKeyProvider], object]] = {
        "kek.2026-2027": lambda opened: opened.mac(MAILBOX, b"m"),
        "signing.0001": lambda opened: opened.sign(b"m"),
        "checkpoint.0001": lambda opened: opened.sign_checkpoint(b"m"),
    }
    before = shutil.copytree(hsm.tokens, hsm.tokens.with_name("before"))
    uses[label](keys)
    shutil.rmtree(hsm.tokens)
    shutil.copytree(before, hsm.tokens)
    keys._token._leave()  # as a restart would
    role, remedy = complaint(lambda: uses[label](open_token()))
    assert role == f"sleutel {label}"
    assert "zet de token terug" in remedy


def test_a_folder_of_another_token_is_refused(open_token: Open, hsm: Hsm, tmp_path: Path) -> None:
    open_token()
    util(hsm, "--init-token", "--free", "--label", "ander", "--so-pin", "12345678")
    folder, module, _, pin_file = hsm.settings
    role, remedy = complaint(lambda: TokenKeyProvider(folder, module, "ander", pin_file))
    assert (role, "horen niet bij elkaar" in remedy) == ("sleutelmap", True)


def test_an_empty_folder_is_not_begun_anew_for_a_token_that_has_keys(
    open_token: Open, hsm: Hsm, tmp_path: Path
) -> None:
    """It would open nothing of what was sealed before, and say so only when that is asked for."""
    open_token()
    other = replace(hsm, folder=tmp_path / "new")
    for opened in (TokenKeyProvider, TokenKeyProvider.create):
        with pytest.raises(Unavailable):
            opened(*other.settings)
    assert not (tmp_path / "new" / "begun").exists()
