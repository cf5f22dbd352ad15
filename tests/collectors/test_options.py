"""Options of systems: what fits becomes settings, what does not names itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from collectors.options import OptionError, field_name, read_options


@dataclass(frozen=True)
class Options:
    name: str = "a"
    is_on: bool = True
    count: int = 3
    seconds: float = 1.5
    words: tuple[str, ...] = ("x",)


def test_what_is_absent_has_its_default() -> None:
    assert read_options(Options, "acme", {}) == Options()


def test_what_is_given_counts() -> None:
    given = {"name": "b", "is_on": False, "count": 4, "seconds": 2, "words": ["y", "z"]}
    assert read_options(Options, "acme", given) == Options("b", False, 4, 2.0, ("y", "z"))


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("name", 7, "text in quotes"),
        ("is_on", 1, "true or false"),
        ("count", True, "a whole number"),
        ("count", 1.5, "a whole number"),
        ("count", -1, "0 or above"),
        ("seconds", "1", "a number"),
        ("words", "x", "a list of texts"),
        ("words", ["x", 1], "a list of texts"),
    ],
)
def test_a_value_that_does_not_fit_names_option_value_and_what_is_allowed(name: str, value: Any, allowed: str) -> None:
    with pytest.raises(OptionError) as caught:
        read_options(Options, "acme", {name: value})
    assert str(caught.value) == f"systems.acme.options.{name} is {value!r}; allowed: {allowed}"


def test_an_option_that_does_not_exist_names_those_that_do() -> None:
    with pytest.raises(OptionError, match=r"systems\.acme\.options\.nam is no option .*: name, is_on, count"):
        read_options(Options, "acme", {"nam": "b"})


def test_the_name_of_a_field_is_nothing_else() -> None:
    assert field_name("acme", "name", "Contract_Number__c") == "Contract_Number__c"
    for value in ("", "1a", "a b", "a.b", "a'", "a\n"):
        with pytest.raises(OptionError, match="the API name of a field"):
            field_name("acme", "name", value)
