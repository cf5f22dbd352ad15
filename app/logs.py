"""How log lines look: one JSON object a line, or coloured text on a terminal; secrets never.

The code logs with `logging.getLogger(__name__)`, a constant message, and the variable parts in `extra`.
"""

import logging
import re
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any, TextIO

import structlog

MASK = "***"

_SECRET_KEYS = re.compile(r"secret|token|passw|authorization|cookie|api_?key|credential|signature", re.IGNORECASE)
_SECRET_TEXT = re.compile(r"(?i)(\b(?:bearer|basic)\s+)[a-z0-9._~+/=-]{8,}|(://[^\s:/@]*:)[^\s@/]+(?=@)")
_SHORTEST_SECRET = 6

# They tell every request at INFO, with its whole address.
_TALKATIVE = ("httpx", "httpcore", "pika", "uvicorn.access")


class Redactor:
    """Masks secrets in a log line: by the name of a field, by their looks, and those of the settings by their value."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # A very short secret would mask half of every line, and is none.
        self._secrets = sorted({secret for secret in secrets if len(secret) >= _SHORTEST_SECRET}, key=len, reverse=True)

    def __call__(self, _: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """A structlog processor."""
        return {key: self._field(key, value) for key, value in line.items()}

    def text(self, value: str) -> str:
        """The text with every secret in it masked."""
        for secret in self._secrets:
            value = value.replace(secret, MASK)
        return _SECRET_TEXT.sub(lambda found: f"{found[1] or found[2]}{MASK}", value)

    def _field(self, key: str, value: Any) -> Any:
        if _SECRET_KEYS.search(key) and isinstance(value, str | bytes):
            return MASK
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {inner: self._field(str(inner), content) for inner, content in value.items()}
        if isinstance(value, list | tuple):
            return [self._field("", content) for content in value]
        return value


class _Handler(logging.StreamHandler):
    """Ours, to be told from others: configuring again replaces it."""


def configure(
    level: int = logging.WARNING,
    *,
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
    as_json: bool | None = None,
) -> None:
    """Format everything that is logged from now on, to standard error unless told otherwise.

    `as_json` None: text on a terminal, JSON elsewhere.
    """
    stream = stream or sys.stderr
    as_json = not stream.isatty() if as_json is None else as_json
    redactor = Redactor(secrets)
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.format_exc_info]
    renderer: Any = (
        structlog.processors.JSONRenderer(default=str)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=stream.isatty())
    )
    formatter = structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[*last, redactor, renderer])
    handler = _Handler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    for former in [former for former in root.handlers if isinstance(former, _Handler)]:
        root.removeHandler(former)
    root.addHandler(handler)
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    # A transaction that met another one is done again; only giving up is news.
    logging.getLogger("stamina").setLevel(logging.ERROR)
    structlog.configure(
        processors=[*shared[:2], shared[3], structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
