"""Where the program's own spans and counters go: to an OTLP receiver when the settings name one, else nowhere.

The code speaks to opentelemetry-api alone; the SDK is an extra. Source: OpenTelemetry Python, "Exporters".
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module

from app.settings import Settings
from app.settings_errors import SettingsError


@contextmanager
def sending(settings: Settings) -> Iterator[None]:
    """Send spans and counters where the settings say, for as long as the block lasts; the rest at its end.

    Errors: SettingsError when an endpoint is named and the extra is not installed.
    """
    endpoint = settings.telemetry.endpoint
    if endpoint is None:
        yield
        return
    try:
        sdk = import_module("app.telemetry_sdk")
    except ImportError as error:
        raise SettingsError(
            f"{settings.path}: telemetry.endpoint is {endpoint}; it needs the extra: pip install throughline[telemetry]"
        ) from error
    stop: Callable[[], None] = sdk.send_to(str(endpoint).rstrip("/"))
    try:
        yield
    finally:
        stop()
