"""A running Tryton for the tests of a module."""

from collections.abc import Iterator

import pytest

from tests.tryton.server import Erp, running


@pytest.fixture(scope="module")
def tryton_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("tryton")) as url:
        yield url


@pytest.fixture(scope="module")
def erp(tryton_url: str) -> Iterator[Erp]:
    opened = Erp(tryton_url)
    yield opened
    opened.close()
