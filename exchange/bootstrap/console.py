"""Builds the console, with the provider at which its visitors sign in."""

from __future__ import annotations

from adapters.identity.oidc import OidcProvider, OidcSettings
from exchange.api.serving import App
from exchange.config import Settings
from exchange.console.app import build_console
from exchange.console.desk import open_desk
from exchange.console.navigation import RETURN
from exchange.errors import Code, Unavailable
from exchange.pipeline.gateway import Gateway
from exchange.policy.necessity import Mode
from exchange.ports import SignInProvider


def open_console(settings: Settings, gateway: Gateway) -> App | None:
    """Give the console, or None without an address for it; one serves every listener."""
    if settings.console_url is None:
        return None
    provider = _provider(settings, settings.console_url, gateway)
    if provider is None and settings.mode is Mode.PRODUCTION:
        raise _lacking("EXCHANGE_OIDC_ISSUER: in production nobody signs in by a link")
    return build_console(open_desk(gateway, settings.console_url, provider))


def _provider(settings: Settings, url: str, gateway: Gateway) -> SignInProvider | None:
    if settings.oidc_issuer is None:
        return None
    if settings.oidc_client_id is None:
        raise _lacking("EXCHANGE_OIDC_CLIENT_ID")
    return OidcProvider(
        OidcSettings(
            issuer=settings.oidc_issuer,
            client_id=settings.oidc_client_id,
            returns_to=url + RETURN,
            secret=settings.oidc_client_secret,
            acr=settings.oidc_acr,
            ca=settings.oidc_ca,
            allow_plain=settings.mode is Mode.TRIAL,
        ),
        gateway.clock,
    )


def _lacking(what: str) -> Unavailable:
    return Unavailable(Code.DIENST_ONBESCHIKBAAR, reden=f"the console needs {what}")
