"""A sender that is answered before it has sent everything still reads the answer.

A connection that is closed while the other side sends is reset, and takes the answer with it. So the answer goes out at
once, and what is still sent is read and thrown away: so much of it, so long; then the connection is closed.
"""

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 512 * 2**20
MOST_SECONDS = 30.0

# So little is on its way, or here already, that the server reads it by itself and keeps the connection.
_LITTLE = 64 * 1024


class ReadOn:
    """ASGI middleware that ends an answer only when its request was read, as far as its patience goes."""

    def __init__(self, app: ASGIApp, most_bytes: int = MOST_BYTES, most_seconds: float = MOST_SECONDS) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._most_seconds = most_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; an answer that comes too early says that the connection will be closed."""
        if scope["type"] != "http" or not _sends_much(scope):
            await self._app(scope, receive, send)
            return
        is_read = False

        async def reading() -> Message:
            nonlocal is_read
            message = await receive()
            is_read = is_read or message["type"] == "http.disconnect" or not message.get("more_body", False)
            return message

        async def sending(message: Message) -> None:
            if not is_read and message["type"] == "http.response.start":
                # Nobody may send another request behind a body that is perhaps not read to its end.
                kept = [(name, value) for name, value in message.get("headers", []) if name.lower() != b"connection"]
                message = {**message, "headers": [*kept, (b"connection", b"close")]}
            is_last = message["type"] == "http.response.body" and not message.get("more_body", False)
            if is_read or not is_last:
                await send(message)
                return
            await send({**message, "more_body": True})
            await self._throw_away(receive)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        await self._app(scope, reading, sending)

    async def _throw_away(self, receive: Receive) -> None:
        left = self._most_bytes
        with anyio.move_on_after(self._most_seconds):
            while left > 0:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
                left -= len(message.get("body", b""))


def _sends_much(scope: Scope) -> bool:
    said = {name.lower(): value for name, value in scope["headers"]}
    length = said.get(b"content-length", b"0")
    return b"transfer-encoding" in said or not length.isdigit() or int(length) > _LITTLE
