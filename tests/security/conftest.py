"""The fixture for tests whose HTTP is answered by the library ``responses``: others here use real sockets."""

from tests.unit.session.mocked_http import mocked_http

__all__ = ["mocked_http"]
