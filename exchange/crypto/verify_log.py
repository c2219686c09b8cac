"""Proves what the log of Verzuim Exchange holds: this one file, a file of proof, and a public key.

It runs alone, wherever Python and ``cryptography`` are, and asks nobody anything:

    python verify_log.py BUNDLE --vkey KEY [--checkpoint FILE] [--consistency FILE] [--witness KEY]

BUNDLE is one of three: the proof of one record, the chain of custody of one message, or an export
of the whole log. KEY is the log's verifier key, which the reader got some other way than with the
bundle; FILE is a checkpoint that the reader kept, or got from somebody else. What is not proven is
refused with ``NotProven``, which names the first bad record. Sources: RFC 9162 section 2.1 (tree,
inclusion, consistency), C2SP signed-note, tlog-checkpoint and tlog-cosignature.

A function here that is called ``verify`` returns what it proved, or raises; none returns a bool.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

LOG_KEY = 0x01
"""The kind of a key that signs checkpoints (C2SP signed-note: Ed25519)."""

WITNESS_KEY = 0x04
"""The kind of a key that cosigns them (C2SP tlog-cosignature: Ed25519, with the time)."""

EMPTY_ROOT = hashlib.sha256(b"").digest()

_LARGEST_TREE = 2**63
_LARGEST_NOTE = 64 * 1024
_LARGEST_BUNDLE = 64 * 1024 * 1024
_LONGEST_LINE = 1024 * 1024
_MOST_SIGNATURES = 100
_LAST_SECOND = 253402300799  # the last one that has a date of four digits
_EXPORT = "logboek"
_CUSTODY = "bewaarketen"


class NotProven(Exception):
    """Something is not proven; ``index`` and ``entry`` name the first bad record where one is."""

    def __init__(self, reason: str, *, index: int | None = None, entry: str | None = None) -> None:
        where = "" if index is None else f"regel {index}"
        where += "" if entry is None else f"{' ' if where else ''}(entry {entry})"
        super().__init__(f"{where}: {reason}" if where else reason)
        self.reason = reason
        self.index = index
        self.entry = entry


@dataclass(frozen=True, slots=True)
class Proven:
    """What was proven: how much, of which log, and what about it the reader must know."""

    what: str
    origin: str
    size: int
    root: bytes
    remarks: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trust:
    """What the reader brings: the log's key, and perhaps a checkpoint, with proofs of growth.

    ``published`` are the gateway's public keys (``keys`` of ``/v1/sleutels``), kept by the reader.
    """

    key: VerifierKey
    checkpoint: Checkpoint | None = None
    proofs: Sequence[object] = ()
    published: Sequence[Mapping[str, Any]] | None = None


# --- 1. The tree (RFC 9162 section 2.1.1) ---


def leaf_hash(leaf: bytes) -> bytes:
    """Give the hash of a record's bytes; the zero keeps a leaf from passing for a node."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Give the hash over two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that grows leaf by leaf and keeps only its peaks: one hash per bit of its size."""

    __slots__ = ("_peaks", "size")

    def __init__(self) -> None:
        self._peaks: list[bytes] = []
        self.size = 0

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next leaf; every full pair of subtrees becomes one."""
        complete, size = leaf, self.size
        while size % 2:
            complete, size = node_hash(self._peaks.pop(), complete), size // 2
        self._peaks.append(complete)
        self.size += 1

    def root(self) -> bytes:
        """Give the root over everything so far."""
        if not self._peaks:
            return EMPTY_ROOT
        *others, root = self._peaks
        for peak in reversed(others):
            root = node_hash(peak, root)
        return root


# --- 2. Proofs in the tree (RFC 9162 sections 2.1.3.2 and 2.1.4.2) ---


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Prove that the leaf with hash ``leaf`` has place ``index`` in the tree of ``size``."""
    if not 0 <= index < size <= _LARGEST_TREE:
        raise NotProven("de plaats valt buiten het logboek")
    place, last, found = index, size - 1, leaf
    for sibling in _hashes(proof):
        if last == 0:
            raise NotProven("het bewijs van opname is te lang")
        if place % 2 or place == last:
            found = node_hash(sibling, found)
            place, last = _to_odd_or_zero(place, last)
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise NotProven("het bewijs van opname is te kort")
    if found != root:
        raise NotProven("het bewijs van opname klopt niet met het checkpoint")


def verify_consistency(
    old: tuple[int, bytes], new: tuple[int, bytes], proof: Sequence[bytes]
) -> None:
    """Prove that the tree ``new`` (size and root) is the tree ``old`` with only leaves added."""
    (old_size, old_root), (new_size, new_root) = old, new
    if not 0 <= old_size <= new_size <= _LARGEST_TREE:
        raise NotProven("het nieuwere logboek is kleiner dan het oudere")
    path = list(_hashes(proof))
    if old_size in {0, new_size}:
        _verify_trivial(old, new, path)
        return
    if not path:
        raise NotProven("het bewijs van aangroei is te kort")
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    found_old, found_new = _fold(old_size - 1, new_size - 1, path)
    if (found_old, found_new) != (old_root, new_root):
        raise NotProven("het nieuwere logboek bevat het oudere niet: er is iets veranderd")


def _fold(place: int, last: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Give the roots that a proof of growth leads to: of the old tree and of the new one."""
    while place % 2:
        place, last = place >> 1, last >> 1
    found_old = found_new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise NotProven("het bewijs van aangroei is te lang")
        if place % 2 or place == last:
            found_old = node_hash(sibling, found_old)
            found_new = node_hash(sibling, found_new)
            place, last = _to_odd_or_zero(place, last)
        else:
            found_new = node_hash(found_new, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise NotProven("het bewijs van aangroei is te kort")
    return found_old, found_new


def _verify_trivial(old: tuple[int, bytes], new: tuple[int, bytes], path: list[bytes]) -> None:
    if path:
        raise NotProven("het bewijs van aangroei is te lang")
    if old[0] == 0 and old[1] != EMPTY_ROOT:
        raise NotProven("een leeg logboek met een wortel die niet van een leeg logboek is")
    if old[0] == new[0] and old[1] != new[1]:
        raise NotProven(
            f"twee checkpoints van {old[0]} regels met verschillende wortels:"
            " er bestaan twee versies van dit logboek"
        )


def _to_odd_or_zero(place: int, last: int) -> tuple[int, int]:
    while place and not place % 2:
        place, last = place >> 1, last >> 1
    return place, last


def _hashes(proof: Sequence[bytes]) -> Iterator[bytes]:
    for part in proof:
        if len(part) != len(EMPTY_ROOT):
            raise NotProven("een deel van het bewijs is geen hash van 32 bytes")
        yield part


# --- 3. Keys and checkpoints (C2SP signed-note, tlog-checkpoint, tlog-cosignature) ---


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with a name: ``name+id+base64(kind and 32 bytes)``."""

    name: str
    key_id: bytes
    public: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed head of the log: so many records, under this root."""

    origin: str
    size: int
    root: bytes
    text: bytes = field(repr=False)
    signatures: tuple[tuple[str, bytes], ...] = field(repr=False)

    @property
    def head(self) -> tuple[int, bytes]:
        """Size and root."""
        return self.size, self.root


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Give the four bytes that name a key beside its name."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def read_vkey(text: str, kind: int = LOG_KEY) -> VerifierKey:
    """Read a verifier key of ``kind``."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3 or not is_key_name(parts[0]):
        raise NotProven("dit is geen sleutel in de vorm naam+nummer+sleutel")
    blob = _base64(parts[2], "de sleutel")
    if len(blob) != 33 or blob[0] != kind:
        raise NotProven("deze sleutel is van een andere soort dan hier nodig is")
    named = key_id(parts[0], kind, blob[1:])
    if parts[1] != named.hex():
        raise NotProven("het nummer in de sleutel klopt niet met de sleutel zelf")
    return VerifierKey(parts[0], named, blob[1:])


def read_checkpoint(note: str | bytes, key: VerifierKey) -> Checkpoint:
    """Read a checkpoint and prove that the log's own key signed it."""
    checkpoint = _parse_checkpoint(_encoded(note) if isinstance(note, str) else note)
    if checkpoint.origin != key.name:
        raise NotProven("het checkpoint is van een ander logboek dan de sleutel")
    signature = _signature_of(checkpoint, key)
    if len(signature) != 64:
        raise NotProven("de handtekening onder het checkpoint heeft de verkeerde lengte")
    _verify_ed25519(key, checkpoint.text, signature, "het checkpoint")
    return checkpoint


def verify_cosignature(checkpoint: Checkpoint, witness: VerifierKey) -> int:
    """Prove that a witness signed this head; give the moment that it states (Unix seconds)."""
    blob = _signature_of(checkpoint, witness)
    if len(blob) != 72:
        raise NotProven("de handtekening van de getuige heeft de verkeerde lengte")
    signed_at = int.from_bytes(blob[:8], "big")
    if signed_at > _LAST_SECOND:
        raise NotProven("de handtekening van de getuige noemt een onmogelijk moment")
    message = cosigned_message(checkpoint.text, signed_at)
    _verify_ed25519(witness, message, blob[8:], f"getuige {witness.name}")
    return signed_at


def cosigned_message(text: bytes, signed_at: int) -> bytes:
    """Give what a witness signs of a checkpoint's ``text``: it, after the moment."""
    return f"cosignature/v1\ntime {signed_at}\n".encode() + text


def _encoded(note: str) -> bytes:
    try:
        return note.encode()
    except UnicodeEncodeError:
        raise NotProven("het checkpoint is geen leesbare tekst") from None


def _parse_checkpoint(note: bytes) -> Checkpoint:
    text, signatures = _split_note(note)
    lines = text.decode().removesuffix("\n").split("\n")
    if len(lines) != 3 or not lines[0]:
        raise NotProven("een checkpoint heeft drie regels: naam, omvang en wortel")
    origin, size, root = lines[0], _size(lines[1]), _base64(lines[2], "de wortel")
    if len(root) != len(EMPTY_ROOT):
        raise NotProven("de wortel in het checkpoint is geen hash van 32 bytes")
    return Checkpoint(origin, size, root, text, signatures)


def _split_note(note: bytes) -> tuple[bytes, tuple[tuple[str, bytes], ...]]:
    """Take a note apart into its text and its signature lines, in the only form that it has."""
    if len(note) > _LARGEST_NOTE:
        raise NotProven("het checkpoint is te groot")
    try:
        decoded = note.decode()
    except UnicodeDecodeError:
        raise NotProven("het checkpoint is geen leesbare tekst") from None
    if any(ord(sign) < 32 and sign != "\n" for sign in decoded):
        raise NotProven("het checkpoint bevat tekens die er niet in horen")
    text, gap, below = decoded.rpartition("\n\n")
    if not gap or not below.endswith("\n"):
        raise NotProven("het checkpoint is niet heel: een tekst, een lege regel, handtekeningen")
    lines = below.removesuffix("\n").split("\n")
    if len(lines) > _MOST_SIGNATURES:
        raise NotProven("er staan te veel handtekeningen onder het checkpoint")
    return f"{text}\n".encode(), tuple(_signature_line(line) for line in lines)


def _signature_line(line: str) -> tuple[str, bytes]:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "\u2014" or not is_key_name(parts[1]):
        raise NotProven("een handtekening onder het checkpoint heeft de verkeerde vorm")
    blob = _base64(parts[2], "een handtekening")
    if len(blob) < 5:
        raise NotProven("een handtekening onder het checkpoint is te kort")
    return parts[1], blob


def _signature_of(checkpoint: Checkpoint, key: VerifierKey) -> bytes:
    """Give the one signature of this key; lines of other keys say nothing here."""
    found = [
        blob[4:]
        for name, blob in checkpoint.signatures
        if name == key.name and blob[:4] == key.key_id
    ]
    if len(found) != 1:
        count = "geen" if not found else "meer dan een"
        raise NotProven(f"{count} handtekening van {key.name} onder het checkpoint")
    return found[0]


def _verify_ed25519(key: VerifierKey, message: bytes, signature: bytes, what: str) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise NotProven(f"de handtekening klopt niet: {what}") from None


def is_key_name(name: str) -> bool:
    """Whether a key may carry this name (C2SP signed-note)."""
    return bool(name) and name.isprintable() and "+" not in name and not any(map(str.isspace, name))


# --- 4. The proof of one record: {entry, blad, index, omvang, bewijs, checkpoint} ---


def verify_entry(bundle: Mapping[str, Any], trust: Trust) -> Proven:
    """Prove that a record stands in the log at its place, and is the record that it says."""
    _only(bundle, *_ENTRY_MEMBERS)
    checkpoint = _checkpoint_of(bundle, trust.key)
    index = _verify_record(bundle, checkpoint)
    remarks = verify_extends(checkpoint, trust, bundle)
    entry = _text(bundle, "entry")
    what = f"entry {entry} is regel {index} van dit logboek"
    if "blad" not in bundle:
        what = f"regel {index} van dit logboek heeft deze bladhash; niet dat dit entry {entry} is"
        remarks = (*remarks, _without_text(1))
    return _proven(what, checkpoint, remarks, entry=entry, index=index)


_ENTRY_MEMBERS = (
    *("entry", "blad", "bladhash", "index", "omvang", "bewijs", "checkpoint", "consistentie"),
)


def _without_text(count: int) -> str:
    regels = "1 regel" if count == 1 else f"{count} regels"
    return (
        f"van {regels} is de tekst er niet: bewezen is de plaats van de bladhash, niet de tekst en"
        " niet het nummer (entry); dat de tekst op tijd ging, bewijzen alleen de sleutels van de"
        " gateway (exchange log verify --dir)"
    )


def _checkpoint_of(bundle: Mapping[str, Any], key: VerifierKey) -> Checkpoint:
    checkpoint = read_checkpoint(_text(bundle, "checkpoint"), key)
    if _whole(bundle, "omvang") != checkpoint.size:
        raise NotProven("de omvang van de bundel is niet die van het checkpoint")
    return checkpoint


def verify_extends(
    checkpoint: Checkpoint, trust: Trust, bundle: Mapping[str, Any]
) -> tuple[str, ...]:
    """Prove that this checkpoint and the one that the reader trusts are of one growing log."""
    if trust.checkpoint is None:
        return (_ALONE,)
    old, new = sorted((trust.checkpoint, checkpoint), key=lambda one: one.size)
    proof = [] if old.size in {0, new.size} else _growth(old.size, new.size, trust, bundle)
    verify_consistency(old.head, new.head, proof)
    return ()


_ALONE = "zonder ander checkpoint is niet bewezen dat anderen hetzelfde logboek zien"


def _growth(old: int, new: int, trust: Trust, bundle: Mapping[str, Any]) -> list[bytes]:
    """Find the proof from ``old`` to ``new``, in the bundle or beside it."""
    inside = _list(bundle, "consistentie") if "consistentie" in bundle else []
    for proof in [*inside, *trust.proofs]:
        given = _object(proof, "het bewijs van aangroei")
        _only(given, "van", "tot", "bewijs")
        if (_whole(given, "van"), _whole(given, "tot")) == (old, new):
            return _proof(given)
    raise NotProven(
        f"er is geen bewijs dat het logboek van {old} regels aangroeide tot {new}:"
        f" vraag /v1/logboek/consistentie?van={old}&tot={new} en geef het mee"
    )


def _verify_record(record: Mapping[str, Any], checkpoint: Checkpoint) -> int:
    """Prove one record's place; of a record without its text only the hash has one."""
    entry, index = _entry(record), _whole(record, "index")
    try:
        verify_inclusion(
            _hash_of(record, entry), index, checkpoint.size, _proof(record), checkpoint.root
        )
    except NotProven as broken:
        raise NotProven(broken.reason, index=index, entry=entry) from None
    return index


def _hash_of(record: Mapping[str, Any], entry: str) -> bytes:
    """Give the leaf hash of a record, from its bytes where they are still there."""
    stated = _hash(record, "bladhash") if "bladhash" in record else None
    if "blad" not in record:
        if stated is None:
            raise NotProven("de regel heeft geen tekst en geen bladhash")
        return stated
    leaf = _base64(_text(record, "blad"), "blad")
    if leaf_of(leaf).get("entry") != entry:
        raise NotProven("de tekst van de regel is van een andere entry")
    if stated not in {None, leaf_hash(leaf)}:
        raise NotProven("de tekst van de regel is gewijzigd: de bladhash is van een andere tekst")
    return leaf_hash(leaf)


def leaf_of(leaf: bytes) -> Mapping[str, Any]:
    """Read the bytes of a record."""
    return _object(_json(leaf, "blad"), "blad")


# --- 5. The chain of custody of one message ---


def verify_custody(bundle: Mapping[str, Any], trust: Trust) -> Proven:
    """Prove every record about a message, and that the gateway signed what it states about it."""
    _only(bundle, *_CUSTODY_MEMBERS)
    if bundle.get("versie") != 1:
        raise NotProven("deze versie van de bewaarketen is onbekend")
    bericht_id, checkpoint = _text(bundle, "berichtId"), _checkpoint_of(bundle, trust.key)
    if read_vkey(_text(bundle, "vkey")) != trust.key:
        raise NotProven("de bundel noemt een andere sleutel van het logboek")
    kid = _verify_statement(bundle, trust)
    hashes = _verify_records(bundle, checkpoint, bericht_id)
    waiting = {_entry(w): _hash(w, "bladhash") for w in map(_record, _list(bundle, "wachtend"))}
    _verify_receipt(bundle, hashes | waiting)
    remarks = [*verify_extends(checkpoint, trust, bundle)]
    what = f"bericht {bericht_id}: {len(hashes)} regels staan in dit logboek"
    if trust.published is None:
        what += "; de feiten en de volledigheid zijn NIET bewezen (geef --keys)"
        remarks.append(f"wie met sleutel {kid} tekende, is zonder --keys onbekend")
    else:
        what += "; de feiten verklaart de gateway zo"
        remarks.append(_COMPLETENESS)
    bare = sum("blad" not in record for record in map(_record, _list(bundle, "regels")))
    if bare:
        remarks.append(_without_text(bare))
    if bundle.get("volledig") is not True:
        remarks.append("er zijn meer regels over dit bericht dan in deze bundel passen")
    if waiting:
        remarks.append(f"nog niet verzegeld en dus niet bewezen: {', '.join(waiting)}")
    return _proven(what, checkpoint, remarks, berichtId=bericht_id, regels=len(hashes), kid=kid)


_COMPLETENESS = (
    "dat dit alle regels over het bericht zijn, verklaart de gateway; bewezen is dat niet"
)
_CUSTODY_MEMBERS = (
    *("soort", "versie", "berichtId", "peildatum", "vkey", "checkpoint", "omvang", "regels"),
    *("wachtend", "volledig", "feiten", "noodzaak", "wissing", "sleutels"),
    *("consistentie", "handtekening"),
)


def _verify_records(
    bundle: Mapping[str, Any], checkpoint: Checkpoint, bericht_id: str
) -> dict[str, bytes]:
    """Prove each record's place, each place once, and that each is about this message."""
    hashes, before = {}, -1
    for record in map(_record, _list(bundle, "regels")):
        entry, index = _entry(record), _verify_record(record, checkpoint)
        if index <= before:
            raise NotProven("de regels staan niet op volgorde", index=index, entry=entry)
        if "blad" in record and not _is_about(record, bericht_id):
            raise NotProven("de regel gaat over een ander bericht", index=index, entry=entry)
        hashes[entry], before = _hash_of(record, entry), index
    return hashes


def _is_about(record: Mapping[str, Any], bericht_id: str) -> bool:
    leaf = leaf_of(_base64(_text(record, "blad"), "blad"))
    details = leaf.get("bijzonderheden")
    listed = details.get("berichten") if isinstance(details, dict) else None
    return leaf.get("berichtId") == bericht_id or (
        isinstance(listed, list) and bericht_id in listed
    )


def _verify_receipt(bundle: Mapping[str, Any], hashes: Mapping[str, bytes]) -> None:
    """The record that the receipt was given for is among the records, with the hash it stated."""
    facts = _object(bundle.get("feiten"), "feiten")
    if facts.get("berichtId") != bundle["berichtId"]:
        raise NotProven("de feiten gaan over een ander bericht")
    if "logboek" not in facts:
        return
    stated = _object(facts["logboek"], "logboek")
    entry = _text(stated, "entry")
    if entry not in hashes:
        raise NotProven("de regel van het ontvangstbewijs ontbreekt", entry=entry)
    if _unpadded(_text(stated, "bladhash")) != hashes[entry]:
        raise NotProven("het ontvangstbewijs noemt een andere tekst voor deze regel", entry=entry)


def _verify_statement(bundle: Mapping[str, Any], trust: Trust) -> str:
    """Prove that the gateway signed the bundle as a whole (detached JWS, ES256, over JCS)."""
    parts = _text(bundle, "handtekening").split(".")
    if len(parts) != 3 or parts[1]:
        raise NotProven("de handtekening onder de bundel heeft de verkeerde vorm")
    header = _object(_json(_unpadded(parts[0]), "handtekening"), "handtekening")
    kid = _text(header, "kid")
    if header != {"alg": "ES256", "kid": kid, "typ": "bewaarketen+jws"}:
        raise NotProven("de handtekening onder de bundel is van een andere soort")
    signed = {name: value for name, value in bundle.items() if name != "handtekening"}
    message = f"{parts[0]}.{base64.urlsafe_b64encode(_jcs(signed)).decode().rstrip('=')}"
    inside = [_object(k, "sleutels") for k in _list(bundle, "sleutels")]
    keys = inside if trust.published is None else trust.published
    jwk = next((k for k in keys if k.get("kid") == kid and k.get("crv") == "P-256"), None)
    if jwk is None:
        raise NotProven(f"de sleutel {kid} van de handtekening is onbekend")
    if _thumbprint(jwk) != kid:
        raise NotProven(f"de sleutel met de naam {kid} is een andere: de naam volgt uit de sleutel")
    _verify_es256(jwk, message.encode(), _unpadded(parts[2]))
    return kid


def _thumbprint(jwk: Mapping[str, Any]) -> str:
    """Give the name of a P-256 key (RFC 7638), which nobody can give to another key."""
    named = {"crv": "P-256", "kty": "EC", "x": _text(jwk, "x"), "y": _text(jwk, "y")}
    return base64.urlsafe_b64encode(hashlib.sha256(_jcs(named)).digest()).decode().rstrip("=")


def _verify_es256(jwk: Mapping[str, Any], message: bytes, signature: bytes) -> None:
    x, y = (int.from_bytes(_unpadded(_text(jwk, name)), "big") for name in "xy")
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    try:
        if len(signature) != 64:
            raise InvalidSignature  # noqa: TRY301  refused like every other wrong signature
        public = EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
        public.verify(encode_dss_signature(r, s), message, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        raise NotProven("de handtekening onder de bundel klopt niet") from None


def _jcs(value: object) -> bytes:
    """Give the canonical form (RFC 8785) of JSON whose numbers are whole and names ASCII."""
    try:
        if _is_plain(value):
            return json.dumps(
                value, ensure_ascii=False, sort_keys=True, separators=(",", ":")
            ).encode()
    except (UnicodeEncodeError, RecursionError):
        pass
    raise NotProven("de bundel bevat getallen, namen of tekens die er niet in horen")


def _is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(name.isascii() and _is_plain(member) for name, member in value.items())
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if isinstance(value, int):
        return abs(value) < 2**53
    return value is None or isinstance(value, str)


# --- 6. The whole log: one line per record in order, each checkpoint after the last it covers ---


def verify_export(lines: Iterable[bytes], trust: Trust) -> Proven:
    """Prove a whole log by making its tree again, in one pass and constant memory."""
    stream = iter(lines)
    header = _object(_json(next(stream, b""), "de eerste regel"), "de eerste regel")
    if header != {"soort": _EXPORT, "versie": 1, "oorsprong": trust.key.name}:
        raise NotProven("dit is geen export van het logboek van deze sleutel")
    replay = Replay(trust)
    for line in stream:
        item = _object(_json(line, "een regel van de export"), "een regel van de export")
        if "checkpoint" in item:
            _only(item, "checkpoint")
            replay.checkpoint(_text(item, "checkpoint"))
        else:
            _only(item, "index", "entry", "blad", "bladhash")
            _verify_place(item, replay)
    proven = replay.finish()
    if not replay.bare:
        return proven
    return replace(proven, remarks=(*proven.remarks, _without_text(replay.bare)))


def _verify_place(item: Mapping[str, Any], replay: Replay) -> None:
    entry, index = _entry(item), _whole(item, "index")
    if index != replay.tree.size:
        raise NotProven(
            f"hier hoort regel {replay.tree.size}: er ontbreekt iets, of iets staat dubbel",
            index=index,
            entry=entry,
        )
    try:
        replay.record(_hash_of(item, entry), text="blad" in item)
    except NotProven as broken:
        raise NotProven(broken.reason, index=index, entry=entry) from None


class Replay:
    """The log made again from its records, held against every checkpoint on the way.

    ``bare`` counts the records without a text.
    """

    __slots__ = ("_key", "_last", "_met", "_trusted", "bare", "checkpoints", "tree")

    def __init__(self, trust: Trust) -> None:
        self.tree = Tree()
        self.checkpoints = self.bare = 0
        self._key = trust.key
        self._trusted = trust.checkpoint
        self._last: Checkpoint | None = None
        self._met = trust.checkpoint is None
        self._meet()

    def record(self, leaf: bytes, *, text: bool) -> None:
        """Take the next record."""
        self.bare += not text
        self.tree.append(leaf)
        self._meet()

    def checkpoint(self, note: str) -> Checkpoint:
        """Take a checkpoint over all records so far."""
        checkpoint = read_checkpoint(note, self._key)
        if checkpoint.size != self.tree.size:
            raise NotProven(
                f"er staat een checkpoint van {checkpoint.size} regels na {self.tree.size} regels",
                index=min(checkpoint.size, self.tree.size),
            )
        self._require_same(checkpoint, "een checkpoint")
        self._last = checkpoint
        self.checkpoints += 1
        return checkpoint

    def finish(self) -> Proven:
        """End the log: everything in it is under a checkpoint, and nothing of it is missing."""
        size, covered = self.tree.size, self._last.size if self._last else 0
        if not self._met and self._trusted:
            raise NotProven(
                f"afgekapt of teruggezet: er zijn {size} regels, en het vertrouwde checkpoint"
                f" telt er {self._trusted.size}",
                index=size,
            )
        if self._last is None or covered != size:
            raise NotProven(
                f"er is geen checkpoint over de laatste {size - covered} regels",
                index=covered,
            )
        remarks = () if self._trusted else (_ALONE,)
        what = f"alle {size} regels van dit logboek staan op hun plaats"
        what += f", {self.bare} ervan zonder tekst"
        counted = {"regels": size, "zonderTekst": self.bare, "checkpoints": self.checkpoints}
        return _proven(what, self._last, remarks, **counted)

    def _meet(self) -> None:
        if self._trusted and self.tree.size == self._trusted.size:
            self._require_same(self._trusted, "het vertrouwde checkpoint")
            self._met = True

    def _require_same(self, checkpoint: Checkpoint, what: str) -> None:
        if checkpoint.root == self.tree.root():
            return
        raise NotProven(
            f"ergens in regels {self._proven_size()} tot en met {checkpoint.size - 1} is iets"
            f" gewijzigd, weggelaten, ingevoegd of verwisseld: zij zijn niet die van {what} over"
            f" {checkpoint.size} regels"
        )

    def _proven_size(self) -> int:
        """Say how many of the first records are beyond doubt.

        A stored head may have been signed again over a forged past; the reader's own was not.
        """
        if self._trusted:
            return self._trusted.size if self._met else 0
        return self._last.size if self._last else 0


# --- 7. Files: what is in them is believed only after it was read in the one form it has ---


def verify_file(path: Path, trust: Trust) -> Proven:
    """Prove whichever of the three a file holds."""
    with path.open("rb") as file:
        if _is_export(file.readline(_LONGEST_LINE)):
            file.seek(0)
            return verify_export(_lines(file), trust)
    bundle = read_object(path, "de bundel")
    verify = verify_custody if bundle.get("soort") == _CUSTODY else verify_entry
    return verify(bundle, trust)


def read_object(path: Path, what: str) -> Mapping[str, Any]:
    """Read a file that holds one JSON object."""
    with path.open("rb") as file:
        return _object(_json(_bounded(file.read(_LARGEST_BUNDLE + 1)), what), what)


def read_note(path: Path) -> bytes:
    """Read a file that holds a checkpoint."""
    with path.open("rb") as file:
        return file.read(_LARGEST_NOTE + 1)


def _is_export(first: bytes) -> bool:
    try:
        return _object(_json(first, ""), "").get("soort") == _EXPORT
    except NotProven:
        return False


def _lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(_LONGEST_LINE + 1):
        if len(line) > _LONGEST_LINE or not line.endswith(b"\n"):
            raise NotProven("de export is niet heel: een regel is te lang of houdt halverwege op")
        yield line


def _bounded(data: bytes) -> bytes:
    if len(data) > _LARGEST_BUNDLE:
        raise NotProven("het bestand is te groot")
    return data


def _json(data: bytes, what: str) -> object:
    try:
        return json.loads(data.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise NotProven(f"{what} is geen geldige JSON") from None


def _unique(members: list[tuple[str, object]]) -> dict[str, object]:
    read = dict(members)
    if len(read) != len(members):
        raise ValueError
    return read


def _no_constant(_: str) -> object:
    raise ValueError


def _object(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise NotProven(f"{what} is geen object")
    return value


def _record(value: object) -> Mapping[str, Any]:
    record = _object(value, "een regel")
    _only(record, "entry", "blad", "bladhash", "index", "bewijs")
    return record


def _only(value: Mapping[str, Any], *known: str) -> None:
    if not set(value) <= set(known):
        raise NotProven("er staat een veld in dat hier niet hoort")


def _text(value: Mapping[str, Any], name: str) -> str:
    if not isinstance(value.get(name), str):
        raise NotProven(f"{name} ontbreekt of is geen tekst")
    return str(value[name])


def _list(value: Mapping[str, Any], name: str) -> list[Any]:
    if not isinstance(value.get(name), list):
        raise NotProven(f"{name} ontbreekt of is geen lijst")
    return list(value[name])


def _whole(value: Mapping[str, Any], name: str) -> int:
    number = value.get(name)
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < _LARGEST_TREE:
        raise NotProven(f"{name} ontbreekt of is geen getal dat kan")
    return number


def _entry(value: Mapping[str, Any]) -> str:
    entry = _text(value, "entry")
    try:
        if str(UUID(entry)) == entry:
            return entry
    except ValueError:
        pass
    raise NotProven("entry is geen UUID")


def _size(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or str(int(text)) != text:
        raise NotProven("de omvang in het checkpoint is geen getal")
    if int(text) >= _LARGEST_TREE:
        raise NotProven("de omvang in het checkpoint is te groot")
    return int(text)


def _proof(value: Mapping[str, Any]) -> list[bytes]:
    parts = _list(value, "bewijs")
    if not all(isinstance(part, str) for part in parts):
        raise NotProven("bewijs is geen lijst van teksten")
    return [_base64(part, "bewijs") for part in parts]


def _hash(value: Mapping[str, Any], name: str) -> bytes:
    found = _base64(_text(value, name), name)
    if len(found) != len(EMPTY_ROOT):
        raise NotProven(f"{name} is geen hash van 32 bytes")
    return found


def _base64(text: str, what: str) -> bytes:
    """Read base64 in its one form: padded, and without bits that mean nothing."""
    try:
        value = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raise NotProven(f"{what} is geen geldige base64") from None
    if base64.b64encode(value).decode() != text:
        raise NotProven(f"{what} is geen geldige base64")
    return value


def _unpadded(text: str) -> bytes:
    """Read base64url without padding in its one form."""
    padded = text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4)
    if set(text) & set("+/="):
        raise NotProven("een waarde is geen geldige base64url")
    return _base64(padded, "een waarde")


def _proven(what: str, checkpoint: Checkpoint, remarks: Iterable[str], **facts: object) -> Proven:
    return Proven(what, checkpoint.origin, checkpoint.size, checkpoint.root, (*remarks,), facts)


# --- 8. The command ---


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line: 0 proven, 1 not proven, 2 not understood."""
    given = _arguments().parse_args(arguments)
    try:
        trust = _trust(given)
        proven = verify_file(given.bundle, trust)
        told = [_witnessed(given.bundle, trust.key, text) for text in given.witness]
    except (NotProven, OSError) as broken:
        sys.stderr.write(f"NIET BEWEZEN: {broken}\n")
        return 1
    sys.stdout.write("\n".join([*told_of(proven), *told]) + "\n")
    return 0


def told_of(proven: Proven) -> list[str]:
    """Say in plain words what was proven."""
    root = base64.b64encode(proven.root).decode()
    head = f"logboek {proven.origin}, {proven.size} regels, wortel {root}"
    return [f"BEWEZEN: {proven.what}", head, *(f"Let op: {remark}" for remark in proven.remarks)]


def _witnessed(path: Path, key: VerifierKey, text: str) -> str:
    """Say of what head, the last in this file that carries its name, a witness signed the size."""
    witness, newest = read_vkey(text, WITNESS_KEY), ""
    for note in checkpoints_in(path):
        if f"\n\u2014 {witness.name} " in note:
            newest = note
    if not newest:
        raise NotProven(f"geen handtekening van {witness.name} in dit bestand")
    head = read_checkpoint(newest, key)
    signed_at = datetime.fromtimestamp(verify_cosignature(head, witness), UTC)
    moment = f"{signed_at:%Y-%m-%d %H:%M:%S} UTC"
    return f"getuige {witness.name} zag de eerste {head.size} regels op {moment}"


def checkpoints_in(path: Path) -> Iterator[str]:
    """Give the checkpoint in a bundle, or all those in an export."""
    with path.open("rb") as file:
        if not _is_export(file.readline(_LONGEST_LINE)):
            yield _text(read_object(path, "de bundel"), "checkpoint")
            return
        for line in _lines(file):
            item = _object(_json(line, "een regel"), "een regel")
            if "checkpoint" in item:
                yield _text(item, "checkpoint")


def _trust(given: argparse.Namespace) -> Trust:
    key = read_vkey(given.vkey)
    return Trust(
        key,
        read_checkpoint(read_note(given.checkpoint), key) if given.checkpoint else None,
        [read_object(given.consistency, "het bewijs")] if given.consistency else [],
        published_keys(given.keys) if given.keys else None,
    )


def published_keys(path: Path) -> list[Mapping[str, Any]]:
    """Read the gateway's public keys from a kept answer of ``/v1/sleutels``."""
    return [_object(k, "keys") for k in _list(read_object(path, "de sleutels"), "keys")]


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Controleer een bewijs uit het logboek.")
    parser.add_argument("bundle", type=Path, help="een bewijs, een bewaarketen of een export")
    parser.add_argument("--vkey", required=True, help="de sleutel van het logboek")
    parser.add_argument("--checkpoint", type=Path, help="een checkpoint dat u zelf vertrouwt")
    parser.add_argument("--consistency", type=Path, help="antwoord van /v1/logboek/consistentie")
    parser.add_argument("--keys", type=Path, help="antwoord van /v1/sleutels, door u bewaard")
    parser.add_argument("--witness", action="append", default=[], help="sleutel van een getuige")
    return parser


if __name__ == "__main__":
    sys.exit(main())
