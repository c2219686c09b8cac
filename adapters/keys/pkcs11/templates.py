"""What every object in the token may do and be: one use each, and never to be read or taken out.

`CKA_UNWRAP_TEMPLATE` on a key that unwraps makes the token itself refuse to unwrap anything into a
readable form, whatever a caller asks for.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, Token
from pkcs11.attributes import AttributeMapper

Handle: TypeAlias = Any
"""An object in the token: the binding gives each the methods that its attributes allow."""

PREFIX: Final = "verzuim-exchange:"
"""Before every label: the token may hold objects of others."""

LOCKED_IN: Final = {
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.COPYABLE: False,
    Attribute.MODIFIABLE: False,
}
"""Of a key that stays: in the token for good, or unwrapped for as long as a session."""

IN_TRANSIT: Final = {
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: True,
    Attribute.COPYABLE: False,
}
"""Of a new working key until it is wrapped; it is not used, and destroyed right after."""

WRAPS: Final = {
    **LOCKED_IN,
    Attribute.UNWRAP_TEMPLATE: {Attribute.EXTRACTABLE: False, Attribute.SENSITIVE: True},
}
"""Of a key round others."""

KEYS: Final[Mapping[str, tuple[KeyType, MechanismFlag]]] = {
    "mac": (KeyType.GENERIC_SECRET, MechanismFlag.SIGN),
    "seal": (KeyType.AES, MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT),
}
"""The two kinds of working key; a key never serves both."""

_NEEDED = (
    Mechanism.AES_KEY_GEN,
    Mechanism.GENERIC_SECRET_KEY_GEN,
    Mechanism.AES_KEY_WRAP,
    Mechanism.AES_GCM,
    Mechanism.SHA256_HMAC,
    Mechanism.EC_KEY_PAIR_GEN,
    Mechanism.ECDSA,
    Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
    Mechanism.EDDSA,
)


def missing_mechanisms(token: Token) -> list[str]:
    """Name what the gateway needs and ``token`` cannot do."""
    able = token.slot.get_mechanisms()
    return [mechanism.name for mechanism in _NEEDED if mechanism not in able]


_ATTRIBUTE = struct.Struct("LPL")
"""CK_ATTRIBUTE, of which a template inside a template consists: type, address, length."""

_BOOLEANS = {value: ctypes.create_string_buffer(bytes([value]), 1) for value in (False, True)}


def _nested(template: Mapping[Attribute, bool]) -> bytes:
    """Lay out a template of booleans; its pointers are to buffers that live as long as we do."""
    rows = ((kind, ctypes.addressof(_BOOLEANS[on]), 1) for kind, on in template.items())
    return b"".join(_ATTRIBUTE.pack(*row) for row in rows)


ATTRIBUTES: Final = AttributeMapper()
ATTRIBUTES.register_handler(Attribute.UNWRAP_TEMPLATE, _nested, bytes)
