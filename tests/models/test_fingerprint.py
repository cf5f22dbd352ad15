"""One cause, one fingerprint: which messages are the same problem, and which are not."""

import pytest

from models.fingerprint import fingerprint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Customer 4711 is inactive", "Customer 4712 is inactive"),
        ("record 'SOW-1' was locked at 2026-03-02T10:15:00Z", "record 'SOW-22' was locked at 2026-04-01T00:00:00Z"),
        ("amount 12.50 exceeds 10.00", "amount 1,200.00 exceeds 999"),
        ("no such id 7f3c9a10b2c4d5e6", "no such id 00aa9a10b2c4d5ff"),
        ("trace 5b8efff7-98d1-4c3b-9d2b-1f2e3d4c5b6a", "trace 6c8efff7-98d1-4c3b-9d2b-1f2e3d4c5b6b"),
        ("Timeout  while\nreading", "timeout while reading"),
    ],
)
def test_what_differs_only_in_ids_dates_and_amounts_is_one_cause(one: str, other: str) -> None:
    assert fingerprint("failed", "HTTP 400", one) == fingerprint("failed", "HTTP 400", other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Customer 4711 is inactive", "Project 4711 is inactive"),
        ("timeout while reading", "timeout while writing"),
        ("", "timeout"),
    ],
)
def test_what_says_something_else_is_another_cause(one: str, other: str) -> None:
    assert fingerprint("failed", "HTTP 400", one) != fingerprint("failed", "HTTP 400", other)


def test_kinds_do_not_share_causes() -> None:
    assert fingerprint("failed", "x") != fingerprint("unlinked", "x")
