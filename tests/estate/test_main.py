"""The command line of the estate."""

import pytest

from estate.__main__ import main


@pytest.mark.parametrize(
    "wrong",
    [
        ["--contracts", "0"],
        ["--months", "many"],
        ["--speed", "-1"],
        ["--speed", "nan"],
        ["--port", "70000"],
        ["--surprise"],
    ],
)
def test_a_wrong_argument_ends_it_with_two(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(wrong)
    assert ended.value.code == 2
    assert wrong[0] in capsys.readouterr().err
