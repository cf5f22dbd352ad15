"""Changes noticed by comparing."""

from decimal import Decimal

from collectors.compare import changed, digest_of, gone
from tests.suites.connector import DictMemory


def test_only_what_is_new_or_different_has_changed() -> None:
    memory = DictMemory({"1": digest_of({"rate": 1, "terms": "NET30"}), "2": digest_of({"rate": 2})})
    now = {"1": {"terms": "NET30", "rate": 1}, "2": {"rate": 3}, "3": {"rate": Decimal("1.50")}}
    assert changed(memory, now) == {"2": digest_of({"rate": 3}), "3": digest_of({"rate": Decimal("1.50")})}


def test_what_is_no_longer_there_is_gone() -> None:
    memory = DictMemory({"1": "x", "2": "x", "3": "x"})
    assert gone(memory, ["2"]) == ["1", "3"]
    assert gone(memory, ["2"], among=["2", "3", "9"]) == ["3"]
    assert gone(DictMemory(), []) == []
