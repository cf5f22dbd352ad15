"""The systems of the settings as collectors know them: accounts, and the streams that are expected of them."""

from collections.abc import Callable

from app.settings import Settings, reveal
from app.settings_errors import SettingsError
from app.settings_tables import PUSH, Auth, Secret
from collectors.base import Account, Credentials
from collectors.registry import UnknownProductError, streams_of
from models.store.streams import Expected


def accounts(settings: Settings) -> list[Account]:
    """The systems that are polled: those with an address. No secret is read yet."""
    return [
        Account(
            name=name,
            product=system.product,
            role=system.role,
            base_url=system.base_url,
            credentials=None if system.auth is None else _credentials(system.auth),
            entities=system.entities,
            options=system.options,
            watch_from=settings.watch_from(name),
        )
        for name, system in settings.systems.items()
        if system.product != PUSH and system.base_url is not None
    ]


def expected(settings: Settings) -> list[Expected]:
    """The streams that the settings want: all of every polled system, and the heartbeats of those that push.

    Errors: SettingsError naming the file and a product that nothing reads.
    """
    found: list[Expected] = []
    for account in accounts(settings):
        seconds = settings.systems[account.name].interval_seconds
        try:
            names = [stream.name for stream in streams_of(account)]
        except UnknownProductError as error:
            raise SettingsError(f"{settings.path}: {error}") from error
        found += [Expected(account.name, name, seconds, account.watch_from) for name in names]
    for name, system in settings.systems.items():
        if system.expect_every is not None:
            seconds = system.expect_every.total_seconds()
            found.append(Expected(name, "", seconds, settings.watch_from(name), is_polled=False))
    return found


def _credentials(auth: Auth) -> Credentials:
    return Credentials(
        kind=auth.kind,
        client_id=auth.client_id or "",
        user=auth.user or "",
        account=auth.account or "",
        token_url=auth.token_url or "",
        scope=auth.scope or "",
        key_id=auth.key_id or "",
        secret=_read_later(auth.secret),
    )


def _read_later(secret: Secret | None) -> Callable[[], str]:
    return (lambda: "") if secret is None else (lambda: reveal(secret))
