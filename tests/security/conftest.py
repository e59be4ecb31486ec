"""Fixture for tests that mock HTTP. Other tests in this folder use real sockets."""

from tests.unit.session.mocked_http import mocked_http

__all__ = ["mocked_http"]
