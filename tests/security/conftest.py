"""HTTP is answered by the library ``responses`` in every test of this folder."""

from tests.unit.session.mocked_http import mocked_http

__all__ = ["mocked_http"]
