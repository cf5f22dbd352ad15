from app.parts.story import step_title, step_titles, story, unseen
from tests.app.memory import ago
from tests.app.rows import STEPS, a_step

TITLES = step_titles(STEPS)


def told(*steps) -> list[str]:
    return [entry.title for entry in story(steps, STEPS)]


def test_steps_are_told_in_the_order_in_which_they_happened() -> None:
    assert told(a_step("payment.applied", ago(days=1)), a_step("contract.signed", ago(days=9))) == [
        "Contract signed",
        "Payment applied",
    ]


def test_steps_of_one_instant_are_told_in_the_order_of_the_process() -> None:
    at = ago(days=1)
    assert told(a_step("payment.applied", at), a_step("invoice.posted", at)) == ["Invoice posted", "Payment applied"]


def test_a_step_that_nobody_showed_stands_before_the_next_one_that_was() -> None:
    inferred = a_step("customer.created", None, evidence="inferred", system=None)
    shown = [a_step("contract.signed", ago(days=9)), a_step("project.created", ago(days=8))]
    assert told(inferred, *shown) == ["Contract signed", "Customer created", "Project created"]


def test_a_step_that_nobody_showed_and_nothing_follows_comes_last() -> None:
    assert told(a_step("payment.applied", None, evidence="inferred"), a_step("contract.signed", ago(days=9)))[-1] == (
        "Payment applied"
    )


def test_a_withdrawn_step_stays_in_sight_with_time_and_reason() -> None:
    row = a_step("invoice.posted", None, evidence="unknown", withdrawn_at=ago(days=2), withdrawn_by="contract.signed")
    (entry,) = story([row], STEPS)
    assert entry.is_withdrawn
    assert entry.at == ago(days=2)
    assert entry.note == "withdrawn: by “Contract signed”"


def test_a_withdrawn_step_that_must_have_happened_says_so() -> None:
    row = a_step("invoice.posted", None, evidence="inferred", withdrawn_at=ago(days=2), withdrawn_by="retracted")
    (entry,) = story([row], STEPS)
    assert entry.note == "withdrawn: the record was taken back; a later step shows that it did happen"


def test_a_standing_step_whose_other_record_was_withdrawn_stands() -> None:
    row = a_step("invoice.posted", ago(days=3), evidence="contradicted", withdrawn_at=ago(days=2))
    (entry,) = story([row], STEPS)
    assert not entry.is_withdrawn
    assert entry.note == "one system shows it, another has withdrawn it"


def test_a_step_shown_again_says_until_when() -> None:
    (entry,) = story([a_step("invoice.posted", ago(days=3), last_at=ago(days=1))], STEPS)
    assert entry.until == ago(days=1)
    (entry,) = story([a_step("invoice.posted", ago(days=3))], STEPS)
    assert entry.until is None


def test_main_steps_without_evidence_are_named_in_the_order_of_the_process() -> None:
    entries = story([a_step("project.created", ago(days=3))], STEPS)
    assert unseen(entries, STEPS) == ["Contract signed", "Project activated", "Invoice posted", "Payment applied"]


def test_a_step_of_a_process_that_is_not_loaded_is_told_by_its_name() -> None:
    (entry,) = story([a_step("goods.issued", ago(days=3))], [])
    assert entry.title == "Goods issued"
    assert step_title(None, TITLES) == "–"
