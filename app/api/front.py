"""What stands in front of the pages: every path that is promised to programs goes to the HTTP interface.

Streamlit answers any unknown GET with its page and any other request with plain text, and refuses paths that look like
files; so these paths never reach it. Its page looks for its scripts beside itself and would stay blank deeper down, so
a person who asks for a page there is told that there is none.
"""

from collections.abc import Collection
from html import escape

from fastapi import FastAPI
from starlette.responses import HTMLResponse, Response
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

# It needs no other file: no styles, no script, and no icon, which a browser would look for otherwise.
_NO_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>No such page</title>
<style>body {{font: 1rem/1.5 sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem; \
overflow-wrap: anywhere}}</style>
</head>
<body>
<h1>No such page</h1>
<p>There is no page at <code>{path}</code>.</p>
<p><a href="/">Go to the start page</a></p>
</body>
</html>
"""


class Front:
    """ASGI middleware that sends requests of programs to `api`, and the rest on. `pages`: their names in addresses."""

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
            return
        answering = _no_page(scope["path"]) if _is_of_lost_person(scope) else self._api
        if scope["method"] == "HEAD":
            await answering({**scope, "method": "GET"}, receive, _without_body(send))
        else:
            await answering(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        path = scope["path"]
        if _is_within(path, PREFIXES):
            return True
        if _is_within(path, _OF_PAGES):
            return False
        # Pages are only read; what writes elsewhere is a program that lost its way, and reads problem documents. So is
        # who asks for what is no page and would not take one; a person with a wrong name is told by the page.
        is_read = scope["method"] in _READING
        return not is_read or not (_name(path) in self._pages or (_takes_pages(scope) and "/" not in _name(path)))

    def _options(self, scope: Scope) -> Response:
        methods = methods_at(self._api.routes, scope["path"])
        if not methods:
            return problem(404, f"there is nothing at {scope['path'][:200]}", scope["path"])
        return Response(status_code=204, headers={"Allow": ", ".join(methods)})


def _is_within(path: str, places: Collection[str]) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)


def _name(path: str) -> str:
    # Whoever puts a slash behind a name is sent by the pages to where there is none.
    return path[1:].rstrip("/")


def _is_of_lost_person(scope: Scope) -> bool:
    return scope["method"] in _READING and _takes_pages(scope) and not _is_within(scope["path"], PREFIXES)


def _no_page(path: str) -> Response:
    return HTMLResponse(_NO_PAGE.format(path=escape(path[:200])), 404)


def _takes_pages(scope: Scope) -> bool:
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])


def _without_body(send: Send) -> Send:
    async def bare(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return bare
