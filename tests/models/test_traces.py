"""Which spans of a trace tell of a transaction."""

from models.traces import belonging


def a_row(span: str, parent: str | None = None, *, trace: str = "t", transaction: str | None = None) -> dict:
    return {
        "trace_id": trace, "span_id": span, "parent_id": parent, "transaction": transaction, "operation": None,
    }  # fmt: skip


def kept(*rows: dict, references: tuple[str, ...] = ("T-1",)) -> list[str]:
    return [row["span_id"] for row in belonging(rows, references)]


def test_what_leads_to_a_span_that_names_it_and_what_it_leads_to_belong() -> None:
    rows = [a_row("root"), a_row("own", "root", transaction="T-1"), a_row("below", "own"), a_row("beside", "root")]
    assert kept(*rows) == ["root", "own", "below"]


def test_another_transaction_below_ends_it() -> None:
    rows = [a_row("own", transaction="T-1"), a_row("other", "own", transaction="T-2"), a_row("deeper", "other")]
    assert kept(*rows) == ["own"]
    assert kept(*rows, references=("T-2",)) == ["own", "other", "deeper"]


def test_a_span_may_say_that_it_is_its_own_ancestor() -> None:
    rows = [a_row("a", "b", transaction="T-1"), a_row("b", "a"), a_row("c", "c")]
    assert kept(*rows) == ["a", "b"]


def test_the_same_span_id_in_another_trace_is_another_span() -> None:
    rows = [a_row("x", trace="1", transaction="T-1"), a_row("x", trace="2"), a_row("y", "x", trace="2")]
    assert [(row["trace_id"], row["span_id"]) for row in belonging(rows, ["T-1"])] == [("1", "x")]


def test_nothing_belongs_to_what_nobody_names() -> None:
    assert kept(a_row("a"), a_row("b", "a")) == []
    assert kept() == []
