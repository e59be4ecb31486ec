"""Fixture that mocks HTTP with the library ``responses``."""

import pytest

from tests.unit.session.mocked_http import mocked_http

__all__ = ["mocked_http"]


@pytest.fixture(autouse=True)
def _http_is_mocked(mocked_http: None) -> None:
    """Prevent network access in all tests."""
