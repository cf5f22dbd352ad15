"""What every connector must pass."""

import pytest

pytest.register_assert_rewrite("tests.suites.connector")
