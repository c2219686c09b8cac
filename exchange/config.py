"""Settings, from a sandbox folder or from the environment; what is missing or doubtful stops us."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from exchange.errors import Code, Unavailable
from exchange.policy.necessity import Mode

SETTINGS_FILE = "settings.json"
LARGEST_DELIVERY = 100_000
"""Lines; a quota below it would refuse a lawful delivery for ever."""

_ENVIRONMENT = {
    "mode": "EXCHANGE_MODE",
    "database_url": "DATABASE_URL",
    "passfile": "PGPASSFILE",
    "keys": "EXCHANGE_KEYS",
    "passphrase": "EXCHANGE_KEYS_PASSPHRASE_FILE",
    "pkcs11_module": "EXCHANGE_PKCS11_MODULE",
    "pkcs11_token": "EXCHANGE_PKCS11_TOKEN",
    "pkcs11_pin": "EXCHANGE_PKCS11_PIN_FILE",
    "listen": "EXCHANGE_LISTEN",
    "tls_certificate": "EXCHANGE_TLS_CERTIFICATE",
    "tls_key": "EXCHANGE_TLS_KEY",
    "client_ca": "EXCHANGE_CLIENT_CA",
    "client_crl": "EXCHANGE_CLIENT_CRL",
    "proxy_socket": "EXCHANGE_PROXY_SOCKET",
    "operator_listen": "EXCHANGE_OPERATOR_LISTEN",
    "gateway_oin": "EXCHANGE_OIN",
    "requests_per_minute": "EXCHANGE_REQUESTS_PER_MINUTE",
    "lines_per_minute": "EXCHANGE_LINES_PER_MINUTE",
    "log_files": "EXCHANGE_LOG_FILES",
    "console_url": "EXCHANGE_CONSOLE_URL",
    "oidc_issuer": "EXCHANGE_OIDC_ISSUER",
    "oidc_client_id": "EXCHANGE_OIDC_CLIENT_ID",
    "oidc_client_secret": "EXCHANGE_OIDC_CLIENT_SECRET_FILE",  # pragma: allowlist secret
    "oidc_acr": "EXCHANGE_OIDC_ACR",
    "oidc_ca": "EXCHANGE_OIDC_CA",
}
"""Name of each setting in the environment; secrets are files, never values."""


def _host_and_port(value: object) -> object:
    """Read ``host:port``; the last colon parts them, so that an IPv6 host needs no brackets."""
    if isinstance(value, str):
        host, _, port = value.rpartition(":")
        return {"host": host or "127.0.0.1", "port": int(port) if port.isdecimal() else -1}
    return value


class Listen(BaseModel):
    """Where a listener waits."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    host: str
    port: int = Field(ge=0, le=65535)


Address = Annotated[Listen, BeforeValidator(_host_and_port)]
Origin = Annotated[str, Field(pattern=r"^https://[a-z0-9.-]+(:[0-9]{1,5})?$")]
"""An address as a browser knows it, without a path."""


class Settings(BaseModel):
    """What one installation is made of. Without ``mode`` it is production: the strict one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Mode = Mode.PRODUCTION
    database_url: str
    passfile: Path | None = None
    keys: Path
    passphrase: Path | None = None
    pkcs11_module: Path | None = None
    pkcs11_token: str | None = None
    pkcs11_pin: Path | None = None
    listen: Address | None = None
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    client_ca: Path | None = None
    client_crl: Path | None = None
    proxy_socket: Path | None = None
    operator_listen: Address | None = None
    gateway_oin: str = "00000099000000001000"
    requests_per_minute: int = Field(default=12_000, ge=1)
    lines_per_minute: int = Field(default=300_000, ge=LARGEST_DELIVERY)
    allow_private_push: bool = False
    push_ca: Path | None = None
    log_files: Path | None = None
    console_url: Origin | None = None
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: Path | None = None
    oidc_acr: str | None = None
    oidc_ca: Path | None = None

    @classmethod
    def load(cls, folder: Path | None, environment: Mapping[str, str]) -> Self:
        """Read ``folder/settings.json`` if a folder is given, the environment otherwise.

        Raises ``Unavailable`` naming the settings that are missing or wrong, never their values.
        """
        if folder is not None:
            return cls._from_folder(folder)
        given = {
            name: environment[variable]
            for name, variable in _ENVIRONMENT.items()
            if variable in environment
        }
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            wrong = sorted(
                {_ENVIRONMENT.get(str(e["loc"][0]), str(e["loc"][0])) for e in error.errors()}
            )
            raise Unavailable(Code.DIENST_ONBESCHIKBAAR, reden=f"set {', '.join(wrong)}") from None
        settings.refuse_password(settings.database_url, "DATABASE_URL")
        return settings

    def refuse_password(self, url: str, place: str) -> None:
        """Raise ``Unavailable`` when production is given an address with a password in it.

        An environment and a command line are shown to others: in /proc, in a unit, in a crash.
        """
        if self.mode is Mode.PRODUCTION and _has_password(url):
            raise Unavailable(
                Code.DIENST_ONBESCHIKBAAR,
                reden=f"{place} holds a password: move it to a file (0600) and set PGPASSFILE",
            )

    @classmethod
    def _from_folder(cls, folder: Path) -> Self:
        path = folder / SETTINGS_FILE
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError:
            raise Unavailable(
                Code.DIENST_ONBESCHIKBAAR,
                reden=f"{path} is not there: start `exchange sandbox --dir {folder}` first",
            ) from None
        except ValidationError as error:
            wrong = sorted({str(e["loc"][0]) for e in error.errors()})
            raise Unavailable(
                Code.DIENST_ONBESCHIKBAAR, reden=f"{path}: wrong {', '.join(wrong)}"
            ) from None


def _has_password(url: str) -> bool:
    parts = urlsplit(url)
    secrets = {"password", "sslpassword"}
    return parts.password is not None or not secrets.isdisjoint(parse_qs(parts.query))
