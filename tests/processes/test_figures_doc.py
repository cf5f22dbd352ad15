"""docs/figures.md says of every declared figure exactly what its process file declares."""

from pathlib import Path

import pytest

from models.process import Figure, Point
from models.process_file import read_process
from tests.making import PROCESSES
from tests.requirements import ROOT

DOC = ROOT / "docs" / "figures.md"
FILES = sorted(PROCESSES.glob("*.toml"))


def told(point: Point) -> str:
    words = [f"{point.pick} `{point.step}`"]
    if point.at == "recorded":
        words.append("or its recording, the later")
    if point.lines == "all":
        words.append("on every line, the latest line")
    if point.unless:
        words.append(f"unless `{point.unless}`")
    return ", ".join(words)


def row(figure: Figure) -> str:
    if figure.start is None or figure.end is None:
        formula = {
            "recovery_time": "`settled_at` − `opened_at` of settled exceptions",
            "exception_aging": "now − `opened_at` of open exceptions",
        }[figure.kind]
        return f"| `{figure.name}` | {figure.title} | {formula} | - |"
    each = f" for each {figure.per}" if figure.per else ""
    return f"| `{figure.name}` | {figure.title} | {told(figure.end)} − {told(figure.start)}{each} | {figure.negative} |"


def declared(section: str) -> list[str]:
    return [line for line in section.splitlines() if line.startswith("| `")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_process_and_the_document_declare_the_same_figures(file: Path) -> None:
    process = read_process(file.read_text(), file.name)
    sections = {part.split("`", 1)[0]: part for part in DOC.read_text().split("\n## `")[1:]}
    assert declared(sections[process.name]) == [row(figure) for figure in process.figures]


def test_the_document_has_no_section_for_a_process_that_is_not_shipped() -> None:
    sections = [part.split("`", 1)[0] for part in DOC.read_text().split("\n## `")[1:]]
    assert sorted(sections) == sorted(file.stem for file in FILES)
