"""Every product that can be read is shown by recordings: stream by stream, case by case."""

from tests.suites.__main__ import uncovered


def test_every_cell_of_the_table_has_a_recording_or_a_stated_reason() -> None:
    assert uncovered() == []
