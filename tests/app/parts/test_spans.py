"""Spans as trees: who hangs below whom, what is worth the room, and how long things took."""

from datetime import timedelta

import pytest

from app.ask import Row
from app.parts import waterfall
from app.parts.spans import MOST_BARS, chosen, length, opened, waterfalls
from tests.app.rows import a_reported_span


def names(spans: list[Row]) -> list[tuple[int, str]]:
    (found,) = waterfalls(spans)
    return [(bar.depth, bar.span["name"]) for bar in found.bars]


def test_children_stand_below_their_parents_in_order_of_time() -> None:
    spans = [
        a_reported_span("late", 5, parent="root"),
        a_reported_span("inner", 2, parent="early"),
        a_reported_span("early", 1, parent="root"),
    ]
    assert names([*spans, a_reported_span("root", 0)]) == [(0, "root"), (1, "early"), (2, "inner"), (1, "late")]


def test_a_span_whose_parent_was_not_sent_stands_at_the_top() -> None:
    assert names([a_reported_span("orphan", 1, parent="elsewhere"), a_reported_span("root", 0)]) == [
        (0, "root"),
        (0, "orphan"),
    ]


def test_spans_that_are_each_others_parents_are_told_once() -> None:
    spans = [a_reported_span(name, at, parent=parent) for at, (name, parent) in enumerate(["ab", "ba", "cc"])]
    assert names(spans) == [(0, "a"), (1, "b"), (0, "c")]


def test_a_very_deep_tree_is_no_trouble() -> None:
    chain = [a_reported_span(f"s{depth}", depth, parent=f"s{depth - 1}") for depth in range(3_000)]
    (found,) = waterfalls(chain)
    assert len(found.bars) + found.left_out == 3_000


def test_errors_and_what_took_longest_are_kept_with_all_they_hang_below() -> None:
    spans = [a_reported_span("root", 0, 100), a_reported_span("parent", 1, 0.001, parent="root")]
    spans += [a_reported_span(f"short {number}", 2, 0.01, parent="root") for number in range(200)]
    spans += [
        a_reported_span("error", 3, 0.001, parent="parent", status="error"),
        a_reported_span("long", 4, 50, parent="root"),
    ]
    (found,) = waterfalls(spans)
    kept = [bar.span["name"] for bar in found.bars]
    assert {"root", "parent", "error", "long"} <= set(kept)
    assert (len(kept), found.left_out, found.errors) == (MOST_BARS, len(spans) - MOST_BARS, 1)


def test_the_newest_trace_with_an_error_is_looked_at_first() -> None:
    failed, mended = (
        a_reported_span("x", 0, trace="1", status="error", attempt=1),
        a_reported_span("x", 60, trace="2", attempt=2),
    )
    found = waterfalls([failed, mended])
    assert [(one.attempts, one.errors) for one in found] == [([2], 0), ([1], 1)]
    assert chosen(found) == 1
    assert chosen(found[:1]) == 0
    assert waterfalls([]) == []


def test_of_many_transactions_the_first_that_failed_is_open() -> None:
    def row(operation: str, state: str, count: int) -> Row:
        return {"operation": operation, "state": state, "span_count": count}

    assert opened([row("a", "succeeded", 2), row("b", "failed", 0), row("c", "failed", 1)]) == "c"
    assert opened([row("a", "succeeded", 2), row("b", "succeeded", 1)]) == "a"
    assert opened([row("a", "failed", 0)]) is None


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.0, "0 µs"), (0.00085, "850 µs"), (0.012, "12 ms"), (0.9994, "999 ms"), (2.15, "2.15 s"), (192.0, "3.2 min")],
)
def test_lengths_are_told_in_a_unit_of_their_size(seconds: float, told: str) -> None:
    assert length(seconds) == told


def test_errors_are_marked_by_more_than_a_colour_and_names_are_no_formatting() -> None:
    spans = [
        a_reported_span("root", 0, 2, status="error"),
        a_reported_span("<b>x</b> " + "y" * 60, 1, 1, parent="root", service="erp"),
    ]
    (found,) = waterfalls(spans)
    drawn = waterfall.figure(found, "#000000")
    first, second = (one.text for one in drawn.layout.annotations)
    assert first == "✕ 2 s · root · boomi"
    assert second.startswith("1 s · &lt;b&gt;x&lt;/b&gt; yyyy")
    assert second.endswith("… · erp")
    assert {one.name for one in drawn.data} == {"with an error", "erp"}


def test_what_took_no_time_can_be_seen() -> None:
    (found,) = waterfalls([a_reported_span("root", 0, 10), a_reported_span("now", 5, 0, parent="root")])
    assert min(one for bars in waterfall.figure(found, "#000000").data for one in bars.x) == pytest.approx(0.06)
    assert found.seconds == timedelta(seconds=10).total_seconds()
