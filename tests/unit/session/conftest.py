"""HTTP is answered by the library ``responses`` in every test of this folder."""

import pytest

from tests.unit.session.mocked_http import mocked_http

__all__ = ["mocked_http"]


@pytest.fixture(autouse=True)
def _http_is_mocked(mocked_http: None) -> None:
    """Keep every test from the network."""
