"""The families of errors."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from models import errors
from tests.requirements import ROOT

PACKAGES = ("models", "collectors", "actions", "alerts", "app")


def modules() -> Iterator[str]:
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            yield ".".join(Path(file).relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def subclasses(family: type[Exception]) -> Iterator[type[Exception]]:
    for found in family.__subclasses__():
        yield found
        yield from subclasses(found)


def test_every_concrete_error_ends_in_error_and_has_one_family() -> None:
    for module in modules():
        if "streamlit" not in (ROOT / (module.replace(".", "/") + ".py")).read_text() if is_file(module) else "":
            import_module(module)
    for found in set(subclasses(errors.ThroughlineError)) - set(errors.FAMILIES):
        families = [family for family in errors.FAMILIES if issubclass(found, family)]
        assert found.__name__.endswith("Error"), found
        assert len(families) == 1, found
        assert found.__doc__, found


def is_file(module: str) -> bool:
    return (ROOT / (module.replace(".", "/") + ".py")).is_file()


def test_a_family_says_how_long_to_wait_where_the_other_side_asked_for_it() -> None:
    assert errors.RetryLater("busy", wait_seconds=2.5).wait_seconds == 2.5
    assert errors.RetryLater("busy").wait_seconds is None


@pytest.mark.parametrize("family", errors.FAMILIES)
def test_every_family_is_one_of_ours(family: type[Exception]) -> None:
    assert issubclass(family, errors.ThroughlineError)
