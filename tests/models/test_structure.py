"""Every structural fault of plain data is told, each with its path and what is allowed."""

from __future__ import annotations

import msgspec
import pytest

from models.structure import structural_faults


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    """One entry."""

    name: str
    many: tuple[int, ...] = ()


class Outer(msgspec.Struct, forbid_unknown_fields=True, rename={"start": "from"}):
    """The whole."""

    inner: tuple[Inner, ...]
    start: Inner | None = None
    tables: dict[str, tuple[str, ...]] = {}
    number: float | None = None


def test_what_fits_has_no_fault() -> None:
    value = {"inner": [{"name": "a", "many": [1]}], "from": {"name": "b"}, "tables": {"x": ["y"]}, "number": 2}
    assert list(structural_faults(value, Outer)) == []


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({}, ["inner is missing; a list is wanted"]),
        ({"inner": 5}, ["inner is 5; Expected 'array', got 'int'"]),
        ({"inner": [{"many": []}]}, ["inner[0].name is missing; a text is wanted"]),
        ({"inner": [{"name": "a", "many": [1, "x"]}]}, ["inner[0].many[1] is 'x'; Expected 'int', got 'str'"]),
        ({"inner": [], "start": {}}, ["start is not known; one of inner, from, tables, number is wanted"]),
        ({"inner": [], "tables": {"x": "y"}}, ["tables.x is 'y'; Expected 'array', got 'str'"]),
        (
            {"inner": [{"nome": "a"}], "from": {"name": 1}},
            [
                "inner[0].nome is not known; one of name, many is wanted",
                "inner[0].name is missing; a text is wanted",
                "from.name is 1; Expected 'str', got 'int'",
            ],
        ),
    ],
)
def test_every_fault_names_its_path_and_what_is_allowed(value: object, told: list[str]) -> None:
    assert list(structural_faults(value, Outer)) == told
