"""Opens a folder of keys with a passphrase; several processes may do so at the same time.

`master.key` is the key round all others (KEK), locked by the passphrase with Argon2id; the other
files are described in `folder`. The folder is 0700 and its files 0600, or nothing is opened.
"""

from __future__ import annotations

import secrets
import stat
from pathlib import Path

from adapters.complaint import out_of_service
from adapters.keys.file.durable import create_once, make_folder
from adapters.keys.file.folder import RootFolder
from adapters.keys.rooted import RootedKeys
from exchange.crypto.wrapping import Argon2Cost, KeyEncryptionKey
from exchange.errors import Fault

_MASTER = "master.key"
_FOLDER_ROLE = "sleutelmap"
_PHRASE_ROLE = "wachtwoordbestand"
_MASTER_ROLE = "hoofdsleutel"
_SHORTEST_PASSPHRASE = 20  # characters
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class FileKeyProvider(RootedKeys):
    """A ``KeyProvider`` in a folder, for trial mode; production refuses it (``trial_only``).

    Raises ``Unavailable`` when the folder, the passphrase or the master key is missing, garbled or
    readable by others; its facts name which (``onderdeel``) and what to do (``herstel``).
    """

    def __init__(self, folder: Path, passphrase_file: Path) -> None:
        _refuse_open_to_others(folder, _FOLDER_ROLE, "700")
        passphrase = _passphrase(passphrase_file)
        super().__init__(RootFolder(folder, _unlocked(folder / _MASTER, passphrase)))

    @classmethod
    def create(
        cls, folder: Path, passphrase_file: Path, cost: Argon2Cost | None = None
    ) -> FileKeyProvider:
        """Make what is not there yet (folder, passphrase, master key), then open it.

        Safe to repeat, and to run twice at the same time. A passphrase is made only together with a
        master key: where that exists, the passphrase that opens it is needed.
        """
        try:
            make_folder(folder)
            if not (folder / _MASTER).exists():
                create_once(passphrase_file, secrets.token_urlsafe(32).encode() + b"\n")
                passphrase = _passphrase(passphrase_file)
                locked = KeyEncryptionKey.fresh().lock(passphrase, cost or Argon2Cost())
                create_once(folder / _MASTER, locked)
        except OSError as error:
            remedy = "De map is niet te maken of te beschrijven: controleer het pad en de rechten."
            raise out_of_service(_FOLDER_ROLE, remedy) from error
        return cls(folder, passphrase_file)


def _passphrase(path: Path) -> bytes:
    passphrase = _private_bytes(path, _PHRASE_ROLE).rstrip(b"\r\n")
    if len(passphrase) < _SHORTEST_PASSPHRASE:
        remedy = f"Het wachtwoord is te kort; maak een nieuw met: openssl rand -base64 32 > {path}"
        raise out_of_service(_PHRASE_ROLE, remedy)
    return passphrase


def _unlocked(path: Path, passphrase: bytes) -> KeyEncryptionKey:
    locked = _private_bytes(path, _MASTER_ROLE)
    try:
        return KeyEncryptionKey.unlock(locked, passphrase)
    except Fault as error:
        remedy = "Het wachtwoord hoort bij een andere sleutelmap, of dit bestand is beschadigd."
        raise out_of_service(_MASTER_ROLE, remedy) from error


def _private_bytes(path: Path, role: str) -> bytes:
    _refuse_open_to_others(path, role, "600")
    try:
        return path.read_bytes()
    except OSError as error:
        raise out_of_service(role, f"{path} is niet te lezen: controleer de rechten.") from error


def _refuse_open_to_others(path: Path, role: str, mode: str) -> None:
    try:
        status = path.stat()
    except OSError as error:
        remedy = f"{path} is er niet: geef een ander pad, of laat een nieuwe sleutelmap maken."
        raise out_of_service(role, remedy) from error
    if status.st_mode & _OPEN_TO_OTHERS:
        raise out_of_service(role, f"Anderen kunnen hierbij: chmod {mode} {path}")
