"""What stands in front of the pages: every path that is promised to programs goes to the HTTP interface.

Streamlit answers any unknown GET with its page and any other request with plain text, and refuses paths that look like
files; so these paths never reach it.
"""

from collections.abc import Collection

from fastapi import FastAPI
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import methods_at, problem

PREFIXES = ("/api", "/v1", "/webhooks", "/healthz", "/readyz", "/metrics")
"""Everything at and below these paths is the HTTP interface."""

_OF_PAGES = (
    "/_stcore",
    "/media",
    "/component",
    "/static",
    "/auth",
    "/oauth2callback",
    "/favicon.png",
    "/index.html",
    "/manifest.json",
)
_READING = ("GET", "HEAD", "OPTIONS")


class Front:
    """ASGI middleware that sends requests of programs to `api`, and the rest on. `pages`: their first path segments."""

    def __init__(self, app: ASGIApp, api: FastAPI, pages: Collection[str]) -> None:
        self._app = app
        self._api = api
        self._pages = {"", *pages}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer HEAD like GET without its body, OPTIONS with the methods of the path."""
        if scope["type"] != "http" or not self._is_ours(scope):
            await self._app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            await self._options(scope)(scope, receive, send)
        elif scope["method"] == "HEAD":
            await self._api({**scope, "method": "GET"}, receive, _without_body(send))
        else:
            await self._api(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        path = scope["path"]
        if any(path == prefix or path.startswith(f"{prefix}/") for prefix in PREFIXES):
            return True
        if path.startswith(_OF_PAGES):
            return False
        # Pages are only read; what writes elsewhere is a program that lost its way, and reads problem documents. So is
        # who asks for what is no page and would not take one; a person with a wrong address is told by the page.
        return scope["method"] not in _READING or not (self._is_page(path) or _takes_pages(scope))

    def _is_page(self, path: str) -> bool:
        return path.strip("/").partition("/")[0] in self._pages

    def _options(self, scope: Scope) -> Response:
        methods = methods_at(self._api.routes, scope["path"])
        if not methods:
            return problem(404, f"there is nothing at {scope['path'][:200]}", scope["path"])
        return Response(status_code=204, headers={"Allow": ", ".join(methods)})


def _takes_pages(scope: Scope) -> bool:
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])


def _without_body(send: Send) -> Send:
    async def bare(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return bare
