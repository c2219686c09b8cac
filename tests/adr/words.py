"""Words of paths: the verbs that none may hold, and the names that are one thing by nature."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

VERBS = frozenset(
    {
        "aanbieden", "aanleveren", "aanmaken", "aanmelden", "aanpassen", "aanvragen", "afmelden",
        "afsluiten", "annuleren", "archiveren", "beantwoorden", "bekijken", "bevestigen",
        "bewaren", "bewerken", "bijwerken", "blokkeren", "controleer", "controleren", "delen",
        "doorgeven", "doorsturen", "downloaden", "exporteren", "genereren", "goedkeuren", "haal",
        "herstellen", "importeren", "indienen", "inloggen", "insturen", "intrekken", "invoeren",
        "inzien", "koppelen", "leveren", "lever", "lezen", "maak", "maken", "melden", "ontvangen",
        "opslaan", "ophalen", "opvragen", "opzoeken", "plaatsen", "publiceren", "raadplegen",
        "registreer", "registreren", "rekenen", "starten", "stoppen", "stuur", "sturen", "toetsen",
        "toevoegen", "tonen", "uitloggen", "uitvoeren", "valideer", "valideren", "vastleggen",
        "verifieren", "vernieuwen", "verstuur", "versturen", "vervangen", "verwerken", "verwijder",
        "verwijderen", "verzegelen", "verzend", "verzenden", "vind", "vinden", "vragen",
        "vrijgeven", "weigeren", "wijzigen", "wis", "wissen", "zend", "zenden", "zoek", "zoeken",
        "accept", "acknowledge", "activate", "add", "approve", "archive", "calculate", "call",
        "cancel", "check", "close", "confirm", "create", "deactivate", "delete", "delivering",
        "download", "execute", "export", "fetch", "find", "generate", "get", "import", "insert",
        "list", "login", "logout", "make", "modify", "move", "notify", "open", "patch", "perform",
        "post", "process", "publish", "put", "query", "read", "receive", "register", "reject",
        "remove", "rename", "replace", "request", "resend", "reset", "retrieve", "revoke", "run",
        "save", "search", "seal", "send", "set", "sign", "start", "stop", "store", "submit",
        "subscribe", "sync", "transfer", "undo", "unregister", "update", "upload", "validate",
        "verify", "view", "withdraw", "write",
    }
)  # fmt: skip
"""Nouns that look like one (``bericht``, ``levering``) are not in it."""

SINGULAR: Mapping[str, str] = MappingProxyType(
    {
        "bewaarketen": "a message has one",
        "bewijs": "an entry of the log has one",
        "checkpoint": "there is one newest checkpoint",
        "consistentie": "one proof between two sizes that the query names",
        "csvw": "a levering has one description of its columns",
        "logboek": "there is one log",
        "noodzaak": "there is one necessity table",
        "sleutel": "the caller has one current key, which it puts",
        "tile": "the path is C2SP's (tlog-tiles), for any verifier to read",
        "verzuimbeleid": "a vestiging has one policy; the word has no plural",
    }
)
"""Path segments that name one thing and so need no plural, each with the reason."""


def is_plural(word: str) -> bool:
    """Whether a Dutch or English noun stands in the plural."""
    return word.endswith(("en", "s")) and not word.endswith("teken")
