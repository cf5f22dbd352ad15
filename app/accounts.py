"""The systems of the settings as collectors know them: accounts, and the streams that are expected of them."""

from collections.abc import Callable, Iterator, Sequence

from app.settings import Settings, reveal
from app.settings_errors import SettingsError
from app.settings_tables import PUSH, Auth, Secret
from collectors.base import Account, Credentials
from collectors.clock import SystemClock
from collectors.registry import opened, streams_of
from models.errors import Misconfigured
from models.store.streams import Expected


def accounts(settings: Settings) -> list[Account]:
    """The systems that are polled: those with an address. No secret is read yet."""
    return [
        Account(
            name=name,
            product=system.product,
            role=system.role,
            base_url=system.base_url,
            credentials=None if system.auth is None else _credentials(system.auth, f"systems.{name}.auth.secret"),
            entities=system.entities,
            options=system.options,
            watch_from=settings.watch_from(name),
            requests_per_second=system.requests_per_second,
        )
        for name, system in settings.systems.items()
        if system.product != PUSH and system.base_url is not None
    ]


def expected(settings: Settings) -> list[Expected]:
    """The streams that the settings want: all of every polled system, and the heartbeats of those that push.

    Errors: SettingsError naming the file and every product that nothing reads, sign-in and option that do not fit.
    """
    polled = accounts(settings)
    if faults := [f"{settings.path}: {fault}" for fault in _faults(polled)]:
        raise SettingsError("\n".join(faults))
    found: list[Expected] = []
    for account in polled:
        seconds = settings.systems[account.name].interval_seconds
        names = [stream.name for stream in streams_of(account)]
        found += [Expected(account.name, name, seconds, account.watch_from) for name in names]
    for name, system in settings.systems.items():
        if system.expect_every is not None:
            seconds = system.expect_every.total_seconds()
            found.append(Expected(name, "", seconds, settings.watch_from(name), is_polled=False))
    return found


def _faults(polled: Sequence[Account]) -> Iterator[str]:
    """What a connector would refuse, before anything is asked of its system."""
    for account in polled:
        try:
            with opened(account, SystemClock().now):
                pass
        except Misconfigured as error:
            yield str(error)


def _credentials(auth: Auth, secret_key: str) -> Credentials:
    return Credentials(
        kind=auth.kind,
        client_id=auth.client_id or "",
        user=auth.user or "",
        account=auth.account or "",
        token_url=auth.token_url or "",
        scope=auth.scope or "",
        key_id=auth.key_id or "",
        secret=_read_later(auth.secret, secret_key),
    )


def _read_later(secret: Secret | None, key: str) -> Callable[[], str]:
    return (lambda: "") if secret is None else (lambda: reveal(secret, key))
