"""The one-time link that lies ready in a sandbox: when it was used, there is another."""

from __future__ import annotations

from contextlib import suppress

from exchange.bootstrap.administration import Administration, administer
from exchange.bootstrap.console_accounts import would_sign_in
from exchange.config import Settings
from exchange.errors import ExchangeError
from exchange.sandbox.setup.console import new_link
from exchange.sandbox.world import World

HOME = "/console"


class SignInLink:
    """The path of the link that is in force; the start page when the FG's account was ended."""

    def __init__(self, world: World) -> None:
        """Begin without a link."""
        self._world = world
        self.path = HOME

    def renew(self, settings: Settings) -> bool:
        """Make a link if the last one was used up or ran out; True if it is another now.

        A database that is being started again is asked next time.
        """
        before = self.path
        with suppress(ExchangeError):
            self.path = administer(settings, self._renewed)
        return self.path != before

    async def _renewed(self, admin: Administration) -> str:
        if self.path != HOME and await would_sign_in(admin, self.path):
            return self.path
        return await new_link(self._world, admin) or HOME
