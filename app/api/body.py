"""Request bodies: read whole within a limit that counts what they unpack to, and refused before they cost memory."""

import time
import zlib

import anyio
from fastapi import Request

from app.api.problems import ProblemError

LIMIT = 32 * 2**20
"""Bytes of a body, unpacked."""

# Who sends nothing, or next to nothing, would keep others from being read. So a body has this long, and longer the more
# of it is here.
_PATIENCE_SECONDS = 30.0
_SLOWEST = 16 * 1024  # bytes a second
# Each one is a copy of all that follows it.
_MOST_MEMBERS = 100
_GZIP = 16 + zlib.MAX_WBITS


def require_media_type(request: Request, allowed: tuple[str, ...]) -> None:
    """Refuse a body that says it is something else (415)."""
    said = request.headers.get("content-type", "")
    media_type, *parameters = (part.strip().lower() for part in said.split(";"))
    charsets = [one.partition("=")[2].strip('"') for one in parameters if one.startswith("charset=")]
    if media_type not in allowed or any(one not in ("utf-8", "utf8", "us-ascii") for one in charsets):
        raise ProblemError(
            415,
            f"Content-Type is {said[:100]!r}; allowed are {', '.join(allowed)}, in UTF-8",
            headers={"Accept-Post": ", ".join(allowed), "Accept-Encoding": "gzip"},
        )


async def read_body(request: Request, limit: int = LIMIT) -> tuple[bytes, bool]:
    """The body as it was sent, and whether gzip packed it.

    Errors: ProblemError, 413 for more than the limit as soon as that is known, 415 for other packing, 408 for a body
    that comes too slowly.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", ""):
        raise ProblemError(
            415, f"Content-Encoding is {encoding[:50]!r}; gzip or none is allowed", headers={"Accept-Encoding": "gzip"}
        )
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > limit:
        raise too_large(limit)
    chunks: list[bytes] = []
    size = 0
    begun = time.monotonic()
    coming = request.stream()
    while True:
        passed = time.monotonic() - begun
        with anyio.move_on_after(_PATIENCE_SECONDS + size / _SLOWEST - passed) as waiting:
            chunk = await anext(coming, None)
        if waiting.cancelled_caught:
            raise ProblemError(408, f"only {size} bytes of the body came in time; send it again, without a pause")
        if chunk is None:
            return b"".join(chunks), "gzip" in encoding
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        chunks.append(chunk)


def unpack(body: bytes, limit: int = LIMIT) -> bytes:
    """What gzip packed, stopping at the limit. 413 for more than the limit, 400 for what is not gzip or ends early."""
    parts: list[bytes] = []
    left = limit
    try:
        for _ in range(_MOST_MEMBERS):
            if not body:
                break
            inflating = zlib.decompressobj(_GZIP)
            parts.append(inflating.decompress(body, left + 1))
            left -= len(parts[-1])
            if left < 0:
                raise too_large(limit)
            if not inflating.eof:
                raise ProblemError(400, "the body ends in the middle of its gzip data")
            # A gzip file may be several, one after the other.
            body = inflating.unused_data.lstrip(b"\0")
        else:
            raise ProblemError(400, f"the body is more than {_MOST_MEMBERS} gzip files in a row; send it as one")
    except zlib.error as error:
        raise ProblemError(400, f"the body is not gzip, though Content-Encoding says so: {error}") from error
    return b"".join(parts)


def too_large(limit: int = LIMIT) -> ProblemError:
    """The refusal of a body over the limit."""
    return ProblemError(
        413,
        f"the body holds more than {limit} bytes unpacked; send it in several parts",
        limit=limit,
    )
