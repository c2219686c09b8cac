"""Keeps one session on a token, logged in with the PIN, and finds it again after it was away.

One caller at a time: the binding starts a module without locks, and the gateway calls from its
one event loop. What went wrong is tried a few times more: in a new session while the token still
shows our keys, from the start when it does not. What stays away is ``Unavailable``, and asked for
once a second at most. A PIN that was refused is not tried again until its file changes, for a token
locks itself after a few; nor is there a new login without need, for that writes in some tokens.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from pkcs11 import Attribute, Session, Token
from pkcs11.exceptions import (
    DeviceMemory,
    MultipleTokensReturned,
    NoSuchToken,
    PinExpired,
    PinIncorrect,
    PinInvalid,
    PinLenRange,
    PinLocked,
    PKCS11Error,
    UserAlreadyLoggedIn,
)

from adapters.complaint import out_of_service
from adapters.keys.pkcs11.library import Library, library, one_at_a_time
from adapters.keys.pkcs11.pin import read_pin
from adapters.keys.pkcs11.templates import ATTRIBUTES, PREFIX, missing_mechanisms
from exchange.errors import Unavailable

Answer = TypeVar("Answer")
_REFUSED = (PinIncorrect, PinInvalid, PinLenRange, PinExpired)
_PAUSES = (0.02, 0.05, 0.1, 0.2)  # seconds
_PAUSE_SECONDS = 1.0
_ROLE = "token"


class Connection:
    """The way to one token; ``logins`` counts how often it had to be found."""

    def __init__(self, module: Path, label: str, pin_file: Path, meeting: Path) -> None:
        """``meeting`` is a folder that all processes with this token see."""
        self._meeting = meeting
        self._module = module
        self._label = label
        self._pin_file = pin_file
        self._session: Session | None = None
        self._login: Session | None = None
        self._library: Library | None = None
        self._start = 0
        self._refused_pin: tuple[int, int] | None = None
        self._complaint: Unavailable | None = None
        self._closed_until = 0.0
        self.logins = 0

    def run(self, work: Callable[[Session], Answer]) -> Answer:
        """Give what ``work`` makes of the session; it may be run again, from its beginning."""
        with one_at_a_time:
            for pause in _PAUSES:
                session = self._current()
                try:
                    return work(session)
                except DeviceMemory as error:
                    raise _full() from error
                except PKCS11Error:
                    time.sleep(pause)
                    self._renew(session)
            try:
                return work(self._current())
            except PKCS11Error as error:
                raise out_of_service(_ROLE, _SILENT) from error

    def _current(self) -> Session:
        if self._session is not None and self._library is not None:
            if self._library.survived(self._start):
                return self._session
            self._session = None
        if self._complaint is not None and time.monotonic() < self._closed_until:
            raise out_of_service(
                self._complaint.facts["onderdeel"], self._complaint.facts["herstel"]
            )
        try:
            self._session = self._connect()
        except Unavailable as complaint:
            self._complaint = complaint
            self._closed_until = time.monotonic() + _PAUSE_SECONDS
            raise
        self._complaint = None
        return self._session

    def _renew(self, session: Session) -> None:
        """Let go of all handles: by another session in the same login, if the token is there."""
        with suppress(PKCS11Error):
            if next(session.get_objects(_OURS), None) is not None:
                session.close()
                self._session = session.token.open(rw=True, attribute_mapper=ATTRIBUTES)
                return
        self._leave()

    def _leave(self) -> None:
        """Forget the session; unless another did so already, let the module look anew."""
        lost, self._session = self._session, None
        if lost is not None and self._library is not None and self._library.survived(self._start):
            with suppress(PKCS11Error):
                self._library.begin_anew()

    def _connect(self) -> Session:
        try:
            self._library = library(self._module)
        except PKCS11Error as error:
            remedy = f"{self._module} is niet te laden: controleer EXCHANGE_PKCS11_MODULE."
            raise out_of_service("PKCS#11-module", remedy) from error
        try:
            with _alone(self._meeting):
                session = self._find(self._library)
            self._start = self._library.start
        except (NoSuchToken, MultipleTokensReturned) as error:
            remedy = f"Er is niet precies één token {self._label}: sluit hem aan, of geef de naam."
            raise out_of_service(_ROLE, remedy) from error
        except PKCS11Error as error:
            raise out_of_service(_ROLE, _SILENT) from error
        self.logins += 1
        return session

    def _find(self, module: Library) -> Session:
        """Log in and open a session; what another process writes at that moment may confuse it."""
        for pause in _PAUSES:
            try:
                return self._opened(module)
            except (NoSuchToken, MultipleTokensReturned):
                raise
            except PKCS11Error:
                time.sleep(pause)
                module.begin_anew()
        return self._opened(module)

    def _opened(self, module: Library) -> Session:
        token = module.token(self._label)
        self._login = self._log_in(token)
        return token.open(rw=True, attribute_mapper=ATTRIBUTES)

    def _log_in(self, token: Token) -> Session:
        if missing := missing_mechanisms(token):
            raise out_of_service(_ROLE, f"Deze token kan niet wat nodig is: {', '.join(missing)}.")
        pin = read_pin(self._pin_file)
        status = self._pin_file.stat()
        stamp = (status.st_ino, status.st_mtime_ns)
        if stamp == self._refused_pin:
            raise out_of_service(_PIN_ROLE, self._pin_remedy())
        try:
            return token.open(rw=True, user_pin=pin, attribute_mapper=ATTRIBUTES)
        except UserAlreadyLoggedIn:  # by another provider in this process
            return token.open(rw=True, attribute_mapper=ATTRIBUTES)
        except PinLocked as error:
            raise out_of_service(_PIN_ROLE, _LOCKED) from error
        except _REFUSED as error:
            self._refused_pin = stamp
            raise out_of_service(_PIN_ROLE, self._pin_remedy()) from error

    def _pin_remedy(self) -> str:
        return (
            f"De token weigert de pincode in {self._pin_file}. Zet de goede erin;"
            " tot dan wordt het niet opnieuw geprobeerd, anders blokkeert de token."
        )


def _full() -> Unavailable:
    return out_of_service(
        _ROLE, "De token is vol: ruim er sleutels van anderen op, of vergroot hem."
    )


_PIN_ROLE = "pincode"
_LOCKED = "De pincode is geblokkeerd: laat de beheerder van de token hem vrijgeven."
_SILENT = "De token antwoordt niet of weigert: controleer of hij er is, werkt en ruimte heeft."
_OURS = {Attribute.LABEL: f"{PREFIX}kek.gateway", Attribute.TOKEN: True}


@contextmanager
def _alone(meeting: Path) -> Iterator[None]:
    """Let the processes of this machine log in one after the other.

    SoftHSM shows no token while another process logs in; who already is notices nothing.
    """
    descriptor = None
    with suppress(OSError):  # no folder to meet in: then nobody else is expected
        descriptor = os.open(meeting, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)
