"""The sealed form: what one recipient alone can read, and can prove that it is from the gateway.

JSON (UTF-8), padded with spaces to a multiple of 1 KiB, so that the length does not tell the type;
signed by the gateway; sealed to the recipient's key (contract section 3).

| Header | Outer, JWE (RFC 7516) | Inner, JWS (RFC 7515) |
|---|---|---|
| `alg` | `ECDH-ES+A256KW` (P-256) or `RSA-OAEP-256` | `ES256` |
| `enc` | `A256GCM` | |
| `kid` | thumbprint of the recipient's key | thumbprint of the gateway's key |
| `typ` | `JWE` (ADR encryption module) | `verzegeld+jws` (RFC 8725 section 3.11) |
| `cty` | `JOSE`: the content is `application/jose`, the JWS | |
| `rcp` | OIN of the recipient | the same |
| `rid` | berichtId, or nummer of a levering | the same |
| `pur` | id of the processing activity | |
| `iat` | when it was sealed, seconds since 1970 | |
| `epk` | with ECDH-ES only (RFC 7518 section 4.6) | |

A header has exactly these members: with `zip`, `crit`, `p2c`, `apu` or any other it is refused
before a key is used. ECDH-ES does not say who sealed, hence the signature; a signature does not
say to whom, hence `rcp` inside it: who received a message cannot seal it again to another.
"""

from __future__ import annotations

from typing import Final

from joserfc.jwe import JWERegistry
from joserfc.registry import HeaderParameter

PADDING_BYTES: Final = 1024
LONGEST_HEADER: Final = 2048
OUTER_MEMBERS: Final = frozenset({"alg", "enc", "kid", "typ", "cty", "rcp", "rid", "pur", "iat"})
OUTER_FIXED: Final = {"enc": "A256GCM", "typ": "JWE", "cty": "JOSE"}
INNER_MEMBERS: Final = ("rcp", "rid")


class _Profile(JWERegistry):
    """What joserfc may do for us: three algorithms, our header, content as large as a levering."""

    max_ciphertext_length = 64 * 1024 * 1024
    max_protected_header_length = LONGEST_HEADER
    max_encrypted_key_length = 2048


PROFILE: Final = _Profile(
    header_registry={
        "rcp": HeaderParameter("Recipient OIN", "str", required=True),
        "rid": HeaderParameter("Message id", "str", required=True),
        "pur": HeaderParameter("Processing activity", "str", required=True),
        "iat": HeaderParameter("Sealed at", "int", required=True),
    },
    algorithms=["ECDH-ES+A256KW", "RSA-OAEP-256", "A256GCM"],
)
