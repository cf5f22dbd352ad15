"""What a machine lacks is listed, and fails where it is asked for."""

import pytest

pytest_plugins = "pytester"

PLUGIN = """
from tests import requirements
requirements.NEEDS["browser"] = (lambda: False, "Chromium is not installed")
requirements.NEEDS["data"] = (lambda: True, "the reference data is not beside the project")

def pytest_configure(config):
    for need in requirements.NEEDS:
        config.addinivalue_line("markers", f"needs_{need}: needs it")
    config.pluginmanager.register(requirements.Requirements())
"""

TESTS = """
import pytest

@pytest.mark.needs_browser
def test_page():
    pass

@pytest.mark.needs_data
def test_data():
    pass
"""


@pytest.fixture
def inner(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest(PLUGIN)
    pytester.makepyfile(TESTS)
    return pytester


@pytest.mark.parametrize("workers", [[], ["-n1"]])
def test_what_is_missing_is_left_out_and_listed(
    inner: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: list[str]
) -> None:
    monkeypatch.delenv("THROUGHLINE_REQUIRE", raising=False)
    ended = inner.runpytest_subprocess(*workers)
    ended.assert_outcomes(passed=1, skipped=1)
    ended.stdout.fnmatch_lines(["*not run on this machine*", "   1  needs browser: Chromium is not installed"])


def test_what_is_asked_for_and_missing_fails(inner: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THROUGHLINE_REQUIRE", "browser, data")
    ended = inner.runpytest_subprocess()
    ended.assert_outcomes(passed=1, errors=1)
    ended.stdout.fnmatch_lines(["*THROUGHLINE_REQUIRE asks for it*", "nothing was left out"])


def test_a_word_that_is_no_need_is_an_error(inner: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THROUGHLINE_REQUIRE", "brwoser")
    ended = inner.runpytest_subprocess()
    assert ended.ret == pytest.ExitCode.USAGE_ERROR
    ended.stderr.fnmatch_lines(["*found *brwoser*; allowed: browser, rabbitmq, data, postgres15, tryton"])
