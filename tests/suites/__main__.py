"""Which case of which stream is shown by a recording: `python -m tests.suites`; fails when one is not."""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Iterator
from importlib import import_module

import tests.collectors.connectors
from collectors.registry import connectors
from tests.suites.connector import Case, Suite, missing

_MARKS = {"recorded": "x", "made": "x", None: "MISSING"}


def suites() -> Iterator[Suite]:
    """Every suite that the tests of connectors declare: `SUITE`, or several in `SUITES`."""
    for module in pkgutil.iter_modules(tests.collectors.connectors.__path__, "tests.collectors.connectors."):
        if module.name.rpartition(".")[2].startswith("test_"):
            found = import_module(module.name)
            yield from [found.SUITE] if hasattr(found, "SUITE") else getattr(found, "SUITES", ())


def uncovered() -> list[str]:
    """What is missing: cases without a recording or a reason, and products without a suite."""
    known = list(suites())
    shown = {suite.connector.product for suite in known}
    return [*(f"{product} / no suite" for product in connectors() if product not in shown), *_all_missing(known)]


def table() -> Iterator[str]:
    """The lines of the table: x where a recording shows the case, a number where a reason below excuses it."""
    reasons: dict[str, int] = {}
    names = [case.value for case in Case]
    yield " | ".join(("product".ljust(12), "stream".ljust(26), *names))
    for suite in suites():
        for stream in suite.connector.streams:
            marks = [_mark(suite.covers(stream.name, case), reasons) for case in Case]
            cells = (mark.center(len(name)) for mark, name in zip(marks, names, strict=True))
            yield " | ".join((suite.connector.product.ljust(12), stream.name.ljust(26), *cells))
    for reason, number in reasons.items():
        yield f"{number}: {reason}"


def _all_missing(known: list[Suite]) -> list[str]:
    return [one for suite in known for one in missing(suite)]


def _mark(covered: str | None, reasons: dict[str, int]) -> str:
    if covered is not None and covered.startswith("("):
        return str(reasons.setdefault(covered[1:-1], len(reasons) + 1))
    return _MARKS[covered]


if __name__ == "__main__":
    for row in table():
        print(row)  # noqa: T201 - this is what the command is for
    left = uncovered()
    for one in left:
        print(f"missing: {one}", file=sys.stderr)  # noqa: T201
    sys.exit(1 if left else 0)
