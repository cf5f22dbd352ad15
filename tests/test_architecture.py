"""The directions of imports, and the other rules of the house that can be read off the sources."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.requirements import ROOT

PACKAGES = ("app", "actions", "alerts", "collectors", "models", "sql", "estate")

MAY_IMPORT = {
    "app": {"app", "actions", "alerts", "collectors", "models.store", "models"},
    "actions": {"actions", "collectors", "models.store", "models"},
    "alerts": {"alerts", "models.store", "models"},
    "collectors": {"collectors", "models.store", "models"},
    "models.store": {"models.store", "models", "sql"},
    "models": {"models"},
    "sql": {"sql"},
    "estate": {"estate"},
}
"""Of our own packages, which a package may import."""

OUTWARD = {"httpx", "requests", "aiohttp", "urllib3", "urllib.request", "http.client", "slack_sdk", "apprise"}
BROKERS = {"pika", "confluent_kafka", "azure"}
OPTIONAL = BROKERS | {"opentelemetry.sdk", "opentelemetry.exporter"}
"""What may be imported inside a function: drivers that an installation may lack."""

ONLY_IN = {
    "streamlit": ("app/server.py", "app/main.py", "app/screens/", "app/parts/", "app/queries.py"),
    "psycopg": ("models/store/",),
    "psycopg_pool": ("models/store/",),
    "sql": ("models/store/", "sql/"),
    "structlog": ("app/logs.py",),
    **dict.fromkeys(OUTWARD | BROKERS, ("collectors/", "alerts/channels/", "estate/")),
}
"""Where a library may be imported."""

NOT_IN_MODELS = {
    "os",
    "io",
    "socket",
    "subprocess",
    "shutil",
    "tempfile",
    "time",
    "random",
    "pathlib",
    "sqlite3",
    "threading",
}
CLOCK_READINGS = {"now", "utcnow", "today", "fromtimestamp"}


@dataclass(frozen=True)
class Import:
    """One import: what, where, and whether inside a function."""

    file: str
    line: int
    name: str
    is_inside: bool

    def is_of(self, library: str) -> bool:
        return self.name == library or self.name.startswith(f"{library}.")

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.name}"


@cache
def sources() -> dict[str, ast.Module]:
    """The syntax tree of every module of ours by its path from the root."""
    files = [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]
    return {file.relative_to(ROOT).as_posix(): ast.parse(file.read_text(encoding="utf-8")) for file in files}


@cache
def imports() -> list[Import]:
    return [found for file, tree in sources().items() for found in imports_of(file, tree)]


def imports_of(file: str, tree: ast.Module) -> Iterator[Import]:
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(file, node.lineno, alias.name, id(node) in inside)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield Import(file, node.lineno, f"{node.module}.{alias.name}", id(node) in inside)


def package(name: str) -> str:
    """Which of our packages a dotted name is in, '' for none."""
    parts = name.split(".")
    if parts[:2] == ["models", "store"]:
        return "models.store"
    return parts[0] if parts[0] in PACKAGES else ""


def against_direction(found: list[Import]) -> list[str]:
    return [
        str(one)
        for one in found
        if package(one.name)
        and package(one.name) not in MAY_IMPORT[package(one.file.removesuffix(".py").replace("/", "."))]
    ]


def out_of_place(found: list[Import]) -> list[str]:
    return [
        str(one)
        for one in found
        for library, places in ONLY_IN.items()
        if one.is_of(library) and not one.file.startswith(places)
    ]


def test_dependencies_point_one_way() -> None:
    assert against_direction(imports()) == []


def test_libraries_stay_in_their_places() -> None:
    assert out_of_place(imports()) == []


def test_nothing_is_imported_from_sqlalchemy() -> None:
    assert [str(one) for one in imports() if one.is_of("sqlalchemy")] == []


@pytest.mark.parametrize(
    ("file", "text", "is_wrong"),
    [
        ("models/money.py", "from models.store import engine", True),
        ("models/money.py", "import sql", True),
        ("models/store/engine.py", "import sql", False),
        ("models/store/engine.py", "from app.settings import load", True),
        ("collectors/base.py", "from alerts import rules", True),
        ("alerts/rules.py", "from collectors import base", True),
        ("actions/plan.py", "from collectors import base", False),
        ("actions/plan.py", "from alerts import rules", True),
        ("estate/firm.py", "from models import money", True),
        ("app/screens/overview.py", "import streamlit as st", False),
        ("app/command.py", "import streamlit as st", True),
        ("app/api/events.py", "import psycopg", True),
        ("alerts/rules.py", "import httpx", True),
        ("alerts/channels/slack.py", "import httpx", False),
        ("models/store/engine.py", "def f():\n    from app import settings", True),
    ],
)
def test_these_rules_see_what_they_forbid(file: str, text: str, is_wrong: bool) -> None:
    found = list(imports_of(file, ast.parse(text)))
    assert bool(against_direction(found) or out_of_place(found)) == is_wrong


def test_nothing_is_imported_inside_a_function_but_optional_drivers() -> None:
    inside = [one for one in imports() if one.is_inside]
    assert [str(one) for one in inside if not any(one.is_of(driver) for driver in OPTIONAL)] == []


def test_nothing_is_imported_by_a_star() -> None:
    assert [str(one) for one in imports() if one.name.endswith(".*")] == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    modules = {file.removesuffix(".py").removesuffix("/__init__").replace("/", "."): file for file in sources()}
    edges: dict[str, set[str]] = {module: set() for module in modules}
    for one in imports():
        importer = one.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        target = one.name if one.name in modules else one.name.rpartition(".")[0]
        if target in modules and target != importer:
            edges[importer].add(target)
    assert circle(edges) == []


def circle(edges: dict[str, set[str]]) -> list[str]:
    """A circle in the graph, [] when there is none."""
    left = {module: set(targets) for module, targets in edges.items()}
    while free := [module for module, targets in left.items() if not targets & left.keys()]:
        for module in free:
            del left[module]
    return sorted(left)


def test_a_circle_is_seen() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == ["a", "b", "c"]
    assert circle({"a": {"b"}, "b": {"c"}, "c": set()}) == []


def test_only_the_settings_read_the_environment() -> None:
    readers = [
        f"{file}:{node.lineno}"
        for file, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv", "expandvars"}
    ]
    assert [place for place in readers if not place.startswith("app/settings.py:")] == []


def in_models() -> list[str]:
    """The modules of the pure half of `models`."""
    return [file for file in sources() if file.startswith("models/") and not file.startswith("models/store/")]


def test_models_do_no_input_or_output() -> None:
    pure = set(in_models())
    assert [str(one) for one in imports() if one.file in pure and any(one.is_of(name) for name in NOT_IN_MODELS)] == []


def test_models_read_no_clock() -> None:
    readings = [
        f"{file}:{node.lineno} calls {node.func.attr}"
        for file in in_models()
        for node in ast.walk(sources()[file])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCK_READINGS
    ]
    assert readings == []


def test_pages_act_only_through_the_plan_and_never_ask_the_store() -> None:
    pages = [one for one in imports() if one.file.startswith(("app/screens/", "app/parts/"))]
    assert [str(one) for one in pages if one.is_of("actions") and not one.is_of("actions.plan")] == []
    assert [str(one) for one in pages if one.is_of("models.store")] == []


def acting_out_of_place(found: list[Import]) -> list[str]:
    allowed = ("actions/", "collectors/connectors/", "collectors/acts.py")
    return [str(one) for one in found if one.is_of("collectors.acts") and not one.file.startswith(allowed)]


def test_what_connectors_may_do_is_reached_from_actions_alone() -> None:
    assert acting_out_of_place(imports()) == []
    callers = [
        f"{file}:{node.lineno}"
        for file, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "acts" and not file.startswith("actions/")
    ]
    assert callers == []


@pytest.mark.parametrize("file", ["app/api/actions.py", "collectors/poll.py", "app/screens/exception.py"])
def test_acting_elsewhere_is_seen(file: str) -> None:
    found = list(imports_of(file, ast.parse("from collectors.acts import Act")))
    assert acting_out_of_place(found) == [f"{file}:1 imports collectors.acts.Act"]


def test_nothing_in_app_hides_a_package_or_a_standard_module() -> None:
    """Streamlit puts the folder of the entry file first on the import path."""
    names = {path.stem for path in (ROOT / "app").iterdir() if path.suffix == ".py" or path.is_dir()}
    tops = {path.name for path in ROOT.iterdir() if path.is_dir()} | set(PACKAGES)
    assert names & (set(sys.stdlib_module_names) | tops) - {"__init__"} == set()


def test_there_is_no_folder_that_switches_on_the_older_page_discovery() -> None:
    assert not (ROOT / "app" / "pages").exists()


def test_no_module_is_called_by_what_it_is_not_about() -> None:
    vague = {"utils", "helpers", "common", "misc"}
    assert [file for file in sources() if {Path(file).stem, *Path(file).parts} & vague] == []


def test_every_module_says_what_it_answers() -> None:
    assert [file for file, tree in sources().items() if not ast.get_docstring(tree)] == []
