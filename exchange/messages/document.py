"""Reading a JSON body strictly: what a careless parser would let through is refused here.

Duplicate members, NaN and Infinity, numbers beyond a double, half a surrogate pair, more than 32
levels, another encoding than UTF-8, and anything that is no object are refused (contract section 1;
RFC 8259, RFC 7493).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeVar, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from exchange.errors import Code, Invalid, Refused, Violation
from exchange.messages.allowed import what_is_allowed
from exchange.messages.contracts import Contract
from exchange.messages.plain import read_plainly

_Model = TypeVar("_Model")
Reading = tuple[dict[str, Any], dict[str, Any], tuple[Violation, ...]]
"""The well-formed members by Python name, their JSON values by wire name, and what is wrong."""

MAX_DEPTH = 32
_MEMBER_NAME = re.compile(r"[a-z][A-Za-z]{0,40}")
_UNKNOWN_MEMBER = frozenset({"extra_forbidden", "unexpected_keyword_argument"})
_DETAILS = {
    Code.ONBEKEND_VELD: "Dit veld bestaat niet in dit bericht.",
    Code.VERPLICHT_VELD: "Dit veld is verplicht.",
    Code.ONGELDIGE_JSON: "De inhoud is geen geldige JSON volgens de voorwaarden van deze dienst.",
}
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WITH_MARK = "De inhoud begint met een byte order mark (BOM) van UTF-8; laat die weg."


def require_json(headers: Mapping[str, str]) -> None:
    """Refuse (415) a body that is not plain UTF-8 JSON."""
    _require_plain(headers, "application/json")


def require_text(headers: Mapping[str, str]) -> None:
    """Refuse (415) a body that is not plain UTF-8 text."""
    _require_plain(headers, "text/plain")


def _require_plain(headers: Mapping[str, str], wanted: str) -> None:
    media_type, _, parameters = headers.get("content-type", "").partition(";")
    charset = parameters.replace(" ", "").replace('"', "").lower()
    if media_type.strip().lower() != wanted or charset not in {"", "charset=utf-8"}:
        raise Refused(Code.MEDIATYPE_NIET_ONDERSTEUND)
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise Refused(Code.MEDIATYPE_NIET_ONDERSTEUND)


def parse_object(body: bytes) -> dict[str, Any]:
    """Give the object in ``body``; raises ``Invalid`` (``ongeldige-json``) for anything else."""
    try:
        text = body.decode("utf-8")
        document = json.loads(
            text,
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
        if "\\u" in text:  # what is escaped may be half a pair, which is no character
            json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or _too_deep(document):
        marked = body.startswith(_BYTE_ORDER_MARK)
        detail = _WITH_MARK if marked else _DETAILS[Code.ONGELDIGE_JSON]
        raise Invalid([Violation("", Code.ONGELDIGE_JSON, detail)])
    return document


def looks_like_a_member(name: str) -> bool:
    """Whether an unknown name may be told: what looks like no member could be anything."""
    return _MEMBER_NAME.fullmatch(name) is not None


def read_message(
    contract: Contract, body: bytes, document: dict[str, Any]
) -> tuple[dict[str, Any], tuple[Violation, ...]]:
    """Give the members of ``document`` that are well-formed, by Python name, and what is not."""
    try:
        message = contract.adapter.validate_json(body, by_alias=True, by_name=False)
    except ValidationError as error:
        faults = tuple(_violations(error, contract.adapter))
        wrong = {fault.pointer.split("/")[1] for fault in faults if fault.pointer}
        return dict(_well_formed(contract, document, wrong)), faults
    return _given(contract, message), ()


def read(contract: Contract, body: bytes) -> Reading:
    """Do ``parse_object``, ``read_message`` and ``to_wire``; in one pass for a plain body."""
    plain = read_plainly(contract, body)
    if plain is not None:
        return (*plain, ())
    values, faults = read_message(contract, body, parse_object(body))
    return values, to_wire(contract, values), faults


def read_body(adapter: TypeAdapter[_Model], body: bytes) -> _Model:
    """Give a small body as its model; raises ``Invalid`` with everything that is wrong."""
    parse_object(body)
    try:
        return adapter.validate_json(body, by_alias=True, by_name=False)
    except ValidationError as error:
        raise Invalid(_violations(error, adapter)) from None


def to_wire(contract: Contract, values: dict[str, Any]) -> dict[str, Any]:
    """Give the JSON values of well-formed members, by wire name, in the order of the model."""
    adapters = _member_adapters(contract)
    return {
        wire: adapters[wire].serializer.to_python(values[name], mode="json", by_alias=True)
        for wire, name in contract.members.items()
        if name in values
    }


def _given(contract: Contract, message: object) -> dict[str, Any]:
    """Give the members that a message has, by Python name."""
    values = {name: getattr(message, name) for name in contract.members.values()}
    return {name: value for name, value in values.items() if value is not None}


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate member")
    return members


def _refuse_constant(_: str) -> None:
    raise ValueError("not a JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("beyond a double")
    return number


def _too_deep(document: object) -> bool:
    level: list[object] = [document]
    for _ in range(MAX_DEPTH):
        level = [child for value in level for child in _children(value)]
        if not level:
            return False
    return True


def _children(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from (v for v in value.values() if isinstance(v, dict | list))
    elif isinstance(value, list):
        yield from (v for v in value if isinstance(v, dict | list))


def _violations(error: ValidationError, adapter: TypeAdapter[Any]) -> Iterator[Violation]:
    for item in error.errors(include_url=False, include_input=False, include_context=False):
        code = _code(item)
        yield Violation(_pointer(item), code, _detail(item, code, adapter))


def _detail(item: ErrorDetails, code: Code, adapter: TypeAdapter[Any]) -> str:
    """Give our own words: those of the check that failed, or else what the schema allows there."""
    if item["type"] == code.value:
        return item["msg"]
    return _DETAILS.get(code) or what_is_allowed(adapter, item["loc"])


def _code(item: ErrorDetails) -> Code:
    if item["type"] in _UNKNOWN_MEMBER:
        return Code.ONBEKEND_VELD
    if item["type"] == "missing":
        return Code.VERPLICHT_VELD
    if item["type"] == "json_invalid":
        return Code.ONGELDIGE_JSON
    try:
        return Code(item["type"])
    except ValueError:
        return Code.WAARDE_ONGELDIG


def _pointer(item: ErrorDetails) -> str:
    """Build the JSON pointer (RFC 6901); a name that looks like no member is not echoed."""
    path = [str(part) for part in item["loc"]]
    if item["type"] in _UNKNOWN_MEMBER and not looks_like_a_member(path[-1]):
        path = path[:-1]
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)


def _well_formed(
    contract: Contract, document: dict[str, Any], wrong: set[str]
) -> Iterator[tuple[str, Any]]:
    for wire, adapter in _member_adapters(contract).items():
        if wire in document and wire not in wrong and document[wire] is not None:
            try:
                yield (
                    contract.members[wire],
                    adapter.validate_json(json.dumps(document[wire]), by_alias=True, by_name=False),
                )
            except ValidationError:
                continue


@lru_cache
def _member_adapters(contract: Contract) -> dict[str, TypeAdapter[Any]]:
    hints = get_type_hints(contract.model, include_extras=True)
    return {wire: TypeAdapter(hints[name]) for wire, name in contract.members.items()}
