"""What the inside asks of the outside: the time, fresh ids, keys, and a way to push a notice.

Each port has one real implementation under ``adapters`` (or the standard library) and a conformance
suite in the tests. Key operations are named by purpose, so that a PKCS#11 token, or an evaluator
that sees only blinded points (RFC 9497), can take the place of the file provider.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from exchange.messages.identifiers import Oin, Schooljaar, Vestigingscode
from exchange.values import Value


class Clock(Protocol):
    """The wall clock, injected so that a test can choose the day."""

    def now(self) -> datetime:
        """Give the present moment, aware and in UTC."""


class Ids(Protocol):
    """Where fresh UUIDv7 (RFC 9562) and random bytes come from."""

    def uuid7(self) -> UUID:
        """Give a new time-ordered id."""

    def random(self, size: int) -> bytes:
        """Give ``size`` unpredictable bytes."""


class KeyUse(StrEnum):
    """What a symmetric key is for; a key never serves two uses."""

    __hash__ = str.__hash__  # a key is found by it at every use: the enumeration's own is slow

    MAILBOX = "mailbox"  # outer AES-256-GCM round a recipient's JWE
    COLUMN = "column"  # AES-256-GCM of a sealed column
    INZAGE = "inzage"  # blind index of a pupil, for the per-pupil report
    NATURAL_KEY = "natural-key"  # recognises the same signaal sent twice
    COUNTING = "counting"  # counting pseudonym of registrations
    PSEUDONYM = "pseudonym"  # recipient-scoped pseudonym
    IDEMPOTENCY = "idempotency"  # idempotency keys and body digests
    REGISTRATION_ID = "registration-id"  # a school's own numbers of registrations
    POLICY_CODES = "policy-codes"  # a school's own reason codes
    LOG = "log"  # authenticates each log record
    CONSOLE = "console"  # digests of sign-in secrets, and what a sign-in under way remembers


class VestigingKey(Value, frozen=True):
    """A key per vestiging and schooljaar: destroying it makes what it sealed unreadable (P9)."""

    use: KeyUse
    vestiging: Vestigingscode
    schooljaar: Schooljaar


class PseudonymKey(Value, frozen=True):
    """A key per recipient, purpose and schooljaar: pseudonyms under two of them never join (P5)."""

    recipient: Oin
    purpose: str
    schooljaar: Schooljaar
    use: KeyUse = KeyUse.PSEUDONYM


class GatewayKey(Value, frozen=True):
    """A key of the gateway as a whole."""

    use: KeyUse


SymmetricKey = VestigingKey | PseudonymKey | GatewayKey


class KeyKind(StrEnum):
    """What a key in the store is one of."""

    SIGNING = "signing"  # ES256: receipts, sealed messages, manifests, notices
    CHECKPOINT = "checkpoint"  # Ed25519: the heads of the log
    PSEUDONYM = "pseudonym"  # of all recipients (generation 1), or of one (later generations)
    VESTIGING = "vestiging"  # of one vestiging and schooljaar
    GATEWAY = "gateway"  # of the gateway as a whole, one per use


class KeyState(StrEnum):
    """What can still be done with a key."""

    IN_USE = "in-use"
    PUBLIC_ONLY = "public-only"  # its private half is destroyed; what it signed still verifies
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True)
class KeyFact:
    """That a key stands in the store, for whoever looks after it; nothing secret follows from it.

    ``number`` counts from 1: the serial number of a signing key, the generation of a pseudonym key.
    ``since`` is when the key came into its state, where the store knows that.
    """

    kind: KeyKind
    number: int
    state: KeyState
    use: KeyUse | None = None
    recipient: Oin | None = None
    vestiging: Vestigingscode | None = None
    schooljaar: Schooljaar | None = None
    since: datetime | None = None
    kid: str | None = None


class KeyProvider(Protocol):
    """Holds the keys and works with them; a key itself never leaves it.

    Every method raises ``Unavailable`` when the store does not answer, and ``KeyDestroyed`` when
    the key was destroyed on purpose. A missing key is made, durably, before its first use.
    """

    def mac(self, key: SymmetricKey, message: bytes) -> bytes:
        """Give the 32-byte HMAC-SHA256 of ``message``."""

    def mac_of_pieces(self, key: SymmetricKey, pieces: Callable[[], Iterable[bytes]]) -> bytes:
        """Give that of a message that is never in memory whole; ``pieces`` begins it anew."""

    def macs(self, key: SymmetricKey, messages: Sequence[bytes]) -> list[bytes]:
        """Give that of each message; the key is used once, and looked after once, for all."""

    def seal(self, key: SymmetricKey, plaintext: bytes, context: bytes) -> bytes:
        """Encrypt with AES-256-GCM under a fresh nonce; ``context`` is bound, not stored."""

    def seals(self, key: SymmetricKey, values: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """Encrypt each plaintext for its context, as ``seal`` does; the key is used once."""

    def open(self, key: SymmetricKey, sealed: bytes, context: bytes) -> bytes:
        """Decrypt what ``seal`` made for the same ``context``."""

    def sign(self, message: bytes) -> bytes:
        """Sign with the gateway's current ES256 key; 64 bytes, R then S (RFC 7518 section 3.4)."""

    def sign_named(self, compose: Callable[[str], bytes]) -> tuple[str, bytes]:
        """Sign what ``compose`` makes of the name of the key that signs; give name and signature.

        One key for both, whoever rotates meanwhile; ``compose`` may be asked more than once.
        """

    def signing_kid(self) -> str:
        """Name the key that ``sign`` uses now: its RFC 7638 thumbprint."""

    def public_keys(self) -> tuple[dict[str, str], ...]:
        """Give every public JWK that verifies something still in circulation."""

    def sign_checkpoint(self, message: bytes) -> bytes:
        """Sign with the log's Ed25519 key (RFC 8032); 64 bytes. Nothing else is signed with it."""

    def checkpoint_key(self) -> bytes:
        """Give the 32 bytes of the public key that verifies what ``sign_checkpoint`` signs."""

    def destroy(self, vestiging: Vestigingscode, schooljaar: Schooljaar) -> None:
        """Destroy the keys of one vestiging and schooljaar, in every process, for good."""

    def end_schooljaar(self, schooljaar: Schooljaar) -> None:
        """Destroy every key of a vestiging of one schooljaar that is left; safe to repeat.

        From then on a token opens none of them from an older copy of its folder either.
        """

    def rotate_signing(self) -> str:
        """Sign with a new key from now on, in every process; give its kid.

        The older private keys are destroyed, their public halves stay in ``public_keys``. Two
        rotations at the same moment may make one new key.
        """

    def rotate_pseudonyms(self, owner: Oin, schooljaar: Schooljaar) -> int:
        """Make other pseudonyms for one recipient and schooljaar from now on; give the generation.

        It holds for all purposes at once, in every process at its next use; the first rotation
        gives 2. An earlier generation is never used again, and destroyed unless other recipients
        share its root (as they do generation 1). Two rotations at the same moment may make one.
        """

    def inventory(self) -> tuple[KeyFact, ...]:
        """Say what stands in the store; it makes no key and tells no secret."""


@dataclass(frozen=True, slots=True)
class Push:
    """A notice to a recipient that something waits: an id and nothing else.

    ``subject`` is a berichtId, or the nummer of a levering.
    """

    url: str
    recipient: Oin
    subject: UUID | int


class PushOutcome(StrEnum):
    """What became of one attempt; a redirect is a failure."""

    DELIVERED = "delivered"
    FAILED = "failed"


class PushSender(Protocol):
    """Delivers one notice, in bounded time and bytes, and believes nothing that comes back."""

    async def send(self, push: Push) -> PushOutcome:
        """POST the signed notice (RFC 9421) and say whether the answer was a 2xx."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is to a sign-in provider: its own name, and an opaque one for the person."""

    issuer: str
    subject: str = field(repr=False)


class SignInProvider(Protocol):
    """Signs people in by OpenID Connect: authorization code with PKCE (OIDC NLGOV 1.0.1)."""

    async def authorization_url(self, state: str, nonce: str, verifier: str) -> str:
        """Give the address at the provider where signing in begins.

        Raises ``Unavailable`` when the provider does not say where that is.
        """

    async def identify(self, code: str, nonce: str, verifier: str) -> Identity:
        """Exchange ``code`` for an ID token and give whom it names.

        Raises ``Refused`` when the provider does not honour the code, or when the token is not its
        word, not for us, not of this sign-in or not of now; ``Unavailable`` without an answer.
        """
