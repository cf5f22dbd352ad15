"""Request bodies: read whole within a limit that counts what they unpack to, and refused before they cost memory."""

import zlib

from fastapi import Request

from app.api.problems import ProblemError

LIMIT = 32 * 2**20
"""Bytes of a body, unpacked."""

# A client that is told too early, in the middle of sending, sees a broken connection instead of the answer. So the
# rest is read and thrown away, up to a point: this many times the limit.
_PATIENCE = 8
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
    """The body as it was sent, and whether gzip packed it. 413 for more than the limit, 415 for other packing."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", ""):
        raise ProblemError(
            415, f"Content-Encoding is {encoding[:50]!r}; gzip or none is allowed", headers={"Accept-Encoding": "gzip"}
        )
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            chunks.clear()
            if size > _PATIENCE * limit:
                break
        else:
            chunks.append(chunk)
    if size > limit:
        raise too_large(limit)
    return b"".join(chunks), "gzip" in encoding


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
        headers={"Connection": "close"},
        limit=limit,
    )
