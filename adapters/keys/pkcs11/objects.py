"""Finds the objects that stay in the token by their label, makes each once, and ends some.

A label is found or made under a lock of the folder, so that two processes make one. What was ended
leaves a data object in its place, so that no older copy of the folder brings it back to life.
"""

from __future__ import annotations

from collections.abc import Callable

from pkcs11 import Attribute, MechanismFlag, ObjectClass, Session

from adapters.complaint import out_of_service
from adapters.keys.pkcs11.folder import KeyFolder
from adapters.keys.pkcs11.templates import KEYS, LOCKED_IN, PREFIX, WRAPS, Handle
from exchange.errors import KeyDestroyed, Unavailable

_WRAPPING = MechanismFlag.WRAP | MechanismFlag.UNWRAP


def find(session: Session, kind: ObjectClass, label: str) -> Handle | None:
    """Give the one object of this kind and label; two of them are a fault of the token's keeper."""
    wanted = {Attribute.CLASS: kind, Attribute.LABEL: PREFIX + label, Attribute.TOKEN: True}
    found = list(session.get_objects({**wanted, Attribute.PRIVATE: True}))
    if len(found) > 1:
        remedy = "De token heeft deze sleutel twee keer: zet de token terug zoals hij was."
        raise out_of_service(f"sleutel {label}", remedy)
    return found[0] if found else None


def make_once(session: Session, folder: KeyFolder, label: str, make: Callable[[], None]) -> None:
    """Let ``make`` put ``label`` in the token, unless another did, it ended, or it vanished."""
    with folder.alone():
        if find(session, ObjectClass.SECRET_KEY, label) is None:
            if has_ended(session, label):
                raise KeyDestroyed
            if folder.was_made(label):
                raise vanished(label)
            make()
        folder.note_made(label)


def wrapping_key(session: Session, folder: KeyFolder, label: str) -> Handle:
    """Give the key round others (AES-256) under ``label``, making it if it never was."""
    found = find(session, ObjectClass.SECRET_KEY, label)
    if found is None:
        make_once(session, folder, label, lambda: _make_wrapping_key(session, label, b""))
        found = find(session, ObjectClass.SECRET_KEY, label)
    if found is None:
        raise vanished(label)
    return found


def make_first(session: Session, wrapping: str, binding: str, owner: bytes) -> None:
    """Make the gateway's own key round others, and the key that binds a wrapped key to its name.

    The latter first: with the former there, both are. ``owner`` is the folder's name.
    """
    if find(session, ObjectClass.SECRET_KEY, binding) is None:
        kind, may = KEYS["mac"]
        session.generate_key(
            kind, 256, label=PREFIX + binding, store=True, capabilities=may, template=LOCKED_IN
        )
    if find(session, ObjectClass.SECRET_KEY, wrapping) is None:
        _make_wrapping_key(session, wrapping, owner)


def has_ended(session: Session, label: str) -> bool:
    """Say whether the object under ``label`` was ended for good."""
    return find(session, ObjectClass.DATA, label) is not None


def end(session: Session, label: str) -> None:
    """End the key under ``label``: the data object first, so that it is never made again."""
    if not has_ended(session, label):
        session.create_object(
            {
                Attribute.CLASS: ObjectClass.DATA,
                Attribute.TOKEN: True,
                Attribute.PRIVATE: True,
                Attribute.MODIFIABLE: False,
                Attribute.LABEL: PREFIX + label,
                Attribute.APPLICATION: "verzuim-exchange",
                Attribute.VALUE: b"vernietigd",
            }
        )
    key = find(session, ObjectClass.SECRET_KEY, label)
    if key is not None:
        key.destroy()


def vanished(label: str) -> Unavailable:
    """Say that a key was lost; never make another in its place: it would open nothing."""
    return out_of_service(
        f"sleutel {label}",
        "De sleutel is uit de token verdwenen zonder vernietigd te zijn: zet de token terug.",
    )


def _make_wrapping_key(session: Session, label: str, owner: bytes) -> None:
    session.generate_key(
        KEYS["seal"][0],
        256,
        id=owner,
        label=PREFIX + label,
        store=True,
        capabilities=_WRAPPING,
        template=WRAPS,
    )
