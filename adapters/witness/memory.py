"""What a witness must never forget: its key, the log's key, and the last head that it signed.

One folder; every file is written whole and on disk before it is named. One process at a time: two
that sign from one memory could sign two histories.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
from datetime import datetime
from pathlib import Path

from adapters.complaint import out_of_service
from adapters.keys.file.durable import create_once, make_folder, replace
from exchange.crypto.canonical import b64url, canonical, strict_json, unb64url
from exchange.crypto.cosigning import Cosigner
from exchange.crypto.keyring import RootSecret

_KEY, _LOG, _LAST, _LOCK = "getuige.json", "logboek.vkey", "checkpoint", ".in-gebruik"
_EVIDENCE = "bewijs"


class Memory:
    """The folder of one witness, held until the process ends."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, made first if it is not there; raises ``Unavailable``."""
        self.folder = folder
        try:
            make_folder(folder)
            self._lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            remedy = f"{folder} is niet te schrijven, of een andere getuige gebruikt deze map."
            raise out_of_service("geheugen van de getuige", remedy) from error

    def cosigner(self, name: str | None) -> Cosigner:
        """Give the witness's key, made first if there is none; its name stays what it was."""
        path = self.folder / _KEY
        if not path.exists():
            root = RootSecret.fresh()
            given = name or f"getuige-{hashlib.sha256(root.derive(b'name')).hexdigest()[:12]}"
            create_once(path, canonical({"naam": given, "geheim": b64url(root.reveal())}))
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise out_of_service(
                "sleutel van de getuige", f"Anderen kunnen erbij: chmod 600 {path}"
            )
        try:
            kept = strict_json(path.read_bytes())
            if not isinstance(kept, dict) or name not in {None, kept["naam"]}:
                raise ValueError  # noqa: TRY301  answered below, with what mends it
            return Cosigner(str(kept["naam"]), RootSecret(unb64url(str(kept["geheim"]))))
        except (KeyError, ValueError):
            remedy = f"{path} bevat geen sleutel, of die van een getuige met een andere naam."
            raise out_of_service("sleutel van de getuige", remedy) from None

    def log_key(self) -> str | None:
        """Give the log's verifier key as it was first trusted."""
        path = self.folder / _LOG
        return path.read_text("utf-8").strip() if path.exists() else None

    def trust_log(self, vkey: str) -> None:
        """Trust this log from now on, and no other."""
        create_once(self.folder / _LOG, f"{vkey}\n".encode())

    def last(self) -> bytes | None:
        """Give the last head that was signed, with our line under it."""
        path = self.folder / _LAST
        return path.read_bytes() if path.exists() else None

    def remember(self, note: bytes) -> None:
        """Put a head in the place of the last one; on disk before this returns."""
        replace(self.folder / _LAST, note)

    def keep_evidence(self, moment: datetime, **parts: bytes) -> Path:
        """Keep what contradicts itself, for ever."""
        folder = self.folder / _EVIDENCE / moment.strftime("%Y%m%dT%H%M%S.%fZ")
        make_folder(folder)
        for name, content in parts.items():
            create_once(folder / name, content)
        return folder

    def close(self) -> None:
        """Let go of the folder."""
        os.close(self._lock)
