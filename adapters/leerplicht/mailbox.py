"""The gateway as one recipient sees it: its mailbox, its key, and the keys that prove a message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import httpx

from exchange.crypto.canonical import strict_json
from exchange.errors import Code, ExchangeError, Refused, Unavailable
from exchange.messages.identifiers import Oin

_PAGE = 200
_PATIENCE: Final = frozenset(
    {Code.TE_VEEL_VERZOEKEN, Code.LOGBOEK_ONBESCHIKBAAR, Code.DIENST_ONBESCHIKBAAR}
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that the mailbox lists as not yet acknowledged."""

    bericht_id: UUID
    soort: str
    aangemaakt_op: datetime


class Mailbox:
    """The calls of contract section 3 for ``recipient``, over a client with its certificate.

    Every method raises ``Unavailable`` when the gateway does not answer, or asks for patience, or
    answers what makes no sense; and ``Refused`` with the gateway's code when it says no.
    """

    def __init__(self, client: httpx.Client, recipient: Oin) -> None:
        self._client = client
        self._namens = {"namens": str(recipient)}

    def register(self, public_jwk: Mapping[str, str]) -> str:
        """Make this the recipient's current key; give its status. A repeat changes nothing."""
        answer = self._call("PUT", "/v1/sleutel", params=self._namens, json=dict(public_jwk))
        return str(_document(answer).get("status"))

    def gateway_keys(self) -> tuple[Mapping[str, object], ...]:
        """Give the gateway's public keys (JWKS)."""
        listed = _document(self._call("GET", "/v1/sleutels")).get("keys")
        return tuple(jwk for jwk in _entries(listed) if isinstance(jwk.get("kid"), str))

    def waiting(self) -> Iterator[Waiting]:
        """Give what waits, oldest first, page by page."""
        params = {"status": "nieuw", "limit": str(_PAGE), **self._namens}
        where: str | None = str(httpx.URL("/v1/berichten", params=params))
        seen: set[str] = set()
        while where is not None:
            seen.add(where)
            page = _document(self._call("GET", where))
            yield from map(_waiting, _entries(page.get("berichten")))
            where = self._next(page)
            if where in seen:
                raise _nonsense()

    def download(self, bericht_id: UUID) -> str:
        """Give the sealed message."""
        answer = self._call(
            "GET",
            f"/v1/berichten/{bericht_id}",
            params=self._namens,
            headers={"accept": "application/jose"},
        )
        return answer.text.strip()

    def acknowledge(self, bericht_id: UUID) -> None:
        """Tell that the message is received and safe.

        The gateway refuses that before the download; one restored from a backup may have forgotten
        that. Then download again, to no other end.
        """
        try:
            self._acknowledge(bericht_id)
        except Refused as refused:
            if refused.code is not Code.OVERGANG_ONGELDIG:
                raise
            self.download(bericht_id)
            self._acknowledge(bericht_id)

    def _acknowledge(self, bericht_id: UUID) -> None:
        path = f"/v1/berichten/{bericht_id}/bevestigingen"
        self._call("POST", path, params=self._namens, json={"uitkomst": "ontvangen"})

    def _next(self, page: Mapping[str, Any]) -> str | None:
        """Give the next page's address, which never leads our certificate elsewhere."""
        links = page.get("_links")
        link = links.get("next") if isinstance(links, dict) else None
        if link is None:
            return None
        if not isinstance(link, dict) or not isinstance(link.get("href"), str):
            raise _nonsense()
        href: str = link["href"]
        if not href.startswith("/v1/berichten?"):
            raise _nonsense()
        return href

    def _call(self, method: str, path: str, **given: Any) -> httpx.Response:  # noqa: ANN401  httpx's
        try:
            answer = self._client.request(method, path, **given)
        except httpx.HTTPError as error:
            reden = type(error).__name__
            raise Unavailable(Code.DIENST_ONBESCHIKBAAR, reden=reden) from error
        if not answer.is_success:
            raise _refusal(answer)
        return answer


def _refusal(answer: httpx.Response) -> ExchangeError:
    """Tell a no of the gateway, which has a code, from a gateway that is not well."""
    try:
        code = Code(str(_document(answer).get("code")))
    except (ValueError, ExchangeError):
        return Unavailable(Code.DIENST_ONBESCHIKBAAR, reden=f"status {answer.status_code}")
    return Unavailable(code) if code in _PATIENCE else Refused(code)


def _document(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        document = strict_json(answer.content)
    except ValueError:
        raise _nonsense() from None
    if not isinstance(document, dict):
        raise _nonsense()
    return document


def _entries(listed: object) -> list[Mapping[str, Any]]:
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        raise _nonsense()
    return listed


def _waiting(entry: Mapping[str, Any]) -> Waiting:
    try:
        made = datetime.fromisoformat(entry["aangemaaktOp"])
        return Waiting(UUID(entry["berichtId"]), str(entry["soort"]), made)
    except (KeyError, ValueError, AttributeError, TypeError):
        raise _nonsense() from None


def _nonsense() -> Unavailable:
    return Unavailable(Code.DIENST_ONBESCHIKBAAR, reden="antwoord-onbegrijpelijk")
