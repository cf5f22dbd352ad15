"""`throughline process check`."""

import json
from pathlib import Path

import pytest

from app.command import run

BROKEN = """
name = "x"
[keys]
journey = ["order"]
[[steps]]
name = "order.placed"
implies = ["order.drafted"]
[[figures]]
name = "f"
"""
BAD_IMPORT = """
name = "x"
[keys]
journey = ["order"]
[[steps]]
name = "order.placed"
[imports.log]
format = "csv"
source = "shop"
time = ["at"]
type = ["what"]
types = { Placed = "order.place" }
"""


@pytest.mark.parametrize("name", ["contract_to_cash", "order_to_cash", "travel_claims"])
def test_a_shipped_process_is_in_order_by_name(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["process", "check", name, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["ok"], said["name"], said["faults"]) == (True, name, [])
    assert run(["process", "check", name]) == 0
    assert capsys.readouterr().out.endswith(f"{name} is in order\n")


def test_every_fault_is_told_with_file_and_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(BROKEN)
    assert run(["process", "check", str(file)]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(f"throughline: {file}: steps.order.placed")
    assert second.startswith(f"{file}: figures.f")
    assert run(["process", "check", str(file), "--json"]) == 2
    said = json.loads(capsys.readouterr().out)
    assert said["ok"] is False
    assert len(said["faults"]) == 2


@pytest.mark.parametrize(("text", "said"), [(BAD_IMPORT, "imports.log.types.'Placed'"), ("name = ", "mine.toml")])
def test_faults_of_mappings_and_of_toml_are_told_too(
    tmp_path: Path, text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    assert run(["process", "check", str(file)]) == 2
    assert said in capsys.readouterr().err


def test_a_file_that_is_not_there_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["process", "check", "nowhere"]) == 2
    assert "contract_to_cash, order_to_cash, travel_claims" in capsys.readouterr().err
