import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.items import split
from app.api.problems import ProblemError

_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.text()
    | st.sampled_from(['"', "\\", "],[", '\\"', "{", "é"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=6,
)


@given(st.lists(_values), st.booleans(), st.sampled_from([None, 0, 3]))
def test_an_array_is_cut_into_its_items_whatever_they_hold(
    items: list[Any], is_ascii: bool, indent: int | None
) -> None:
    body = json.dumps(items, ensure_ascii=is_ascii, indent=indent).encode("utf-8", "surrogatepass")
    assert [json.loads(bytes(item.raw)) for item in split(body)] == items


@given(st.lists(_values), st.lists(_values))
def test_half_a_surrogate_pair_spoils_its_own_item_only(before: list[Any], after: list[Any]) -> None:
    items = split(json.dumps([*before, {"a": "\ud83d"}, *after]).encode())
    assert [bool(item.reason) for item in items] == [False] * len(before) + [True] + [False] * len(after)
    assert [json.loads(bytes(item.raw)) for item in items] == [*before, {"a": "\ud83d"}, *after]


def test_nesting_without_end_spoils_its_own_item_only() -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    items = split(b"[1, " + deep + b", 2]")
    assert [item.reason for item in items] == ["", "it is nested too deeply", ""]
    assert bytes(items[1].raw) == deep


@given(st.binary(max_size=60) | st.text(alphabet='[]{},:"\\ NaInfty0123456789.eE+-ud8', max_size=60).map(str.encode))
def test_any_bytes_are_cut_or_refused(body: bytes) -> None:
    with suppress(ProblemError):
        assert all(isinstance(bytes(item.raw), bytes) for item in split(body))


@pytest.mark.parametrize("body", [b'{"a": 1}', b' \n{"a": 1}\t', b'\xef\xbb\xbf{"a": 1}'])
def test_one_object_is_one_item(body: bytes) -> None:
    assert [json.loads(bytes(item.raw)) for item in split(body)] == [{"a": 1}]
