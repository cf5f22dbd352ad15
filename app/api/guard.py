"""Who may speak to a server without sign-in: only programs and pages of this machine.

A page on the web can make a browser send requests to a server on the same machine, under a name that leads here. Its
own name is then in `Host`, or in `Origin`; both must be names of this machine.
"""

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.problems import problem


class LoopbackGuard:
    """ASGI middleware that refuses requests with a foreign Host or Origin (403)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on or refuse; connections that are no requests pass."""
        refusal = _refusal(scope["headers"]) if scope["type"] in ("http", "websocket") else None
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await problem(403, refusal, scope["path"])(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008, "reason": refusal[:100]})


def _refusal(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    hosts = [value.decode("latin-1") for name, value in headers if name == b"host"]
    origins = [value.decode("latin-1") for name, value in headers if name == b"origin"]
    if len(hosts) != 1 or not _is_here(f"//{hosts[0]}"):
        return (
            f"Host is {', '.join(hosts)[:100]!r}; without sign-in only this machine is answered, "
            "as localhost, 127.0.0.1 or [::1]"
        )
    port = urlsplit(f"//{hosts[0]}").port
    for origin in origins:
        if not _is_here(origin) or urlsplit(origin).port != port:
            return f"Origin is {origin[:100]!r}; without sign-in only pages of this server may ask"
    return None


def _is_here(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
