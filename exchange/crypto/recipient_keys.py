"""Decides whether a public key is fit for sealing messages to a recipient (PUT /v1/sleutel).

| `kty` | Fit |
|---|---|
| EC | P-256, a point on the curve, coordinates of 32 bytes (RFC 7518 section 6.2.1) |
| RSA | 3072 to 8192 bits, exponent odd and from 65537 below 2^32, no factor under 752 (SP 800-89) |

`use`, `alg` and `key_ops`, when stated, must allow sealing (RFC 7517 section 4); `kid`,
certificates and `ext` are read over. A private member is refused: that key is private no more.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

from exchange.crypto.canonical import canonical, unb64url
from exchange.crypto.es256 import ec_public_key
from exchange.crypto.jwe import EncryptionKey
from exchange.crypto.thumbprint import REQUIRED_MEMBERS, bare_jwk, thumbprint
from exchange.errors import Code, Invalid, Violation

SEALING_ALGORITHM: Final = {"EC": "ECDH-ES+A256KW", "RSA": "RSA-OAEP-256"}
"""The JWE algorithm that belongs to each kind of key."""

_OPERATIONS = {"EC": ("deriveBits", "deriveKey"), "RSA": ("encrypt", "wrapKey")}
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_KNOWN = frozenset({"kty", "crv", "x", "y", "n", "e", "use", "alg", "key_ops", "kid", "ext"}) | {
    "x5c",
    "x5t",
    "x5t#S256",
    "x5u",
}
_MEMBER_NAME = re.compile(r"[a-z][A-Za-z]{0,40}")
_RSA_BITS = range(3072, 8192 + 1)
_RSA_EXPONENTS = range(65537, 1 << 32, 2)
_SMALL_PRIMES = math.prod(
    p for p in range(2, 752) if all(p % divisor for divisor in range(2, math.isqrt(p) + 1))
)


def accept_public_jwk(jwk: Mapping[str, object]) -> tuple[str, str]:
    """Give the RFC 7638 thumbprint of ``jwk`` and the key itself, bare and canonical.

    Raises ``Invalid`` with everything that is wrong; it names members, never what stood in them.
    """
    faults = [*_membership(jwk), *_purpose(jwk), *_material(jwk)]
    if faults:
        raise Invalid(faults)
    public = bare_jwk({name: value for name, value in jwk.items() if isinstance(value, str)})
    return thumbprint(public), canonical(public).decode()


def encryption_key(jwk: Mapping[str, str]) -> EncryptionKey:
    """Give the key that ``accept_public_jwk`` accepted, ready for use."""
    if jwk["kty"] == "EC":
        return ec_public_key(jwk)
    return RSAPublicNumbers(_integer(jwk["e"]), _integer(jwk["n"])).public_key()


def _membership(jwk: Mapping[str, object]) -> Iterator[Violation]:
    for name in jwk:
        if name in _PRIVATE:
            yield _fault(
                f"/{name}",
                "Stuur alleen de publieke sleutel. Deze is nu niet meer geheim: vervang hem.",
            )
        elif name not in _KNOWN:
            pointer = f"/{name}" if _MEMBER_NAME.fullmatch(name) else ""
            yield Violation(pointer, Code.ONBEKEND_VELD, "Dit veld hoort niet in een publieke JWK.")


def _purpose(jwk: Mapping[str, object]) -> Iterator[Violation]:
    kind = _kind(jwk)
    if kind is None:
        yield _fault("/kty", "De sleutel is EC (P-256) of RSA (minstens 3072 bits).")
        return
    if jwk.get("use", "enc") != "enc":
        yield _fault("/use", "De sleutel is om te versleutelen: use is enc.")
    if jwk.get("alg", SEALING_ALGORITHM[kind]) != SEALING_ALGORITHM[kind]:
        yield _fault("/alg", f"Bij dit type sleutel is alg {SEALING_ALGORITHM[kind]}.")
    if not isinstance(jwk.get("kid", ""), str):
        yield _fault("/kid", "Dit veld is tekst; de naam van de sleutel is haar vingerafdruk.")
    operations = jwk.get("key_ops", [])
    if not isinstance(operations, list) or any(op not in _OPERATIONS[kind] for op in operations):
        allowed = " of ".join(_OPERATIONS[kind])
        yield _fault("/key_ops", f"Bij dit type sleutel past key_ops {allowed}.")


def _material(jwk: Mapping[str, object]) -> Iterator[Violation]:
    kind = _kind(jwk)
    if kind is None:
        return
    missing = [m for m in REQUIRED_MEMBERS[kind] if not isinstance(jwk.get(m), str)]
    if missing:
        yield from (_fault(f"/{m}", "Dit veld is verplicht en is tekst.") for m in missing)
    elif kind == "RSA":
        yield from _rsa_material(jwk)
    else:
        try:
            ec_public_key(jwk)
        except ValueError:
            yield _fault("/x", "Dit is geen punt op P-256 (crv P-256; x en y zijn elk 32 bytes).")


def _rsa_material(jwk: Mapping[str, object]) -> Iterator[Violation]:
    modulus, exponent = _integer(jwk["n"]), _integer(jwk["e"])
    if modulus.bit_length() not in _RSA_BITS:
        yield _fault("/n", "De modulus heeft 3072 tot 8192 bits, zonder nullen vooraan.")
    elif math.gcd(modulus, _SMALL_PRIMES) != 1:
        yield _fault("/n", "De modulus heeft een kleine factor: dit is geen RSA-sleutel.")
    if exponent not in _RSA_EXPONENTS:
        yield _fault("/e", "De exponent is oneven en minstens 65537.")


def _integer(value: object) -> int:
    """Read a Base64urlUInt: no leading zero byte (RFC 7518 section 2); 0 for anything else."""
    try:
        data = unb64url(value) if isinstance(value, str) else b""
    except ValueError:
        return 0
    return 0 if data[:1] == b"\x00" else int.from_bytes(data)


def _kind(jwk: Mapping[str, object]) -> str | None:
    kind = jwk.get("kty")
    return kind if isinstance(kind, str) and kind in SEALING_ALGORITHM else None


def _fault(pointer: str, detail: str) -> Violation:
    return Violation(pointer, Code.SLEUTEL_ONGELDIG, detail)
