"""Tests of error compatibility with vcloudair 0.5."""

from __future__ import annotations

import pickle
import traceback
from typing import Any
from xml.etree.ElementTree import ParseError

import pytest
import requests

from vcloudair_core import errors
from vcloudair_core.compat.sdk_errors import compatible_errors


def raised(error: Exception, undecodable: type[Exception] = ValueError) -> Any:
    """Return the error that two nested compatibility methods raise.

    The inner method raises ``error``.
    """

    @compatible_errors(undecodable)
    def inner() -> None:
        raise error

    @compatible_errors(undecodable)
    def outer() -> None:
        inner()

    with pytest.raises(type(error)) as caught:
        outer()
    return caught.value


def test_every_error_is_a_runtime_error() -> None:
    assert issubclass(errors.VcloudAirError, RuntimeError)


@pytest.mark.parametrize(
    ("error", "other"),
    [
        (errors.ConnectionFailedError("c"), requests.exceptions.ConnectionError),
        (errors.TlsError("t"), requests.exceptions.SSLError),
        (errors.TimeoutExpiredError("t"), requests.exceptions.ConnectTimeout),
        (errors.TimeoutExpiredError("t", may_have_executed=True), requests.exceptions.ReadTimeout),
    ],
)
def test_transport_error_is_an_error_of_requests(error: errors.TransportError, other: type[Exception]) -> None:
    error.hint, error.context = "Check it.", "It was page 2."
    compatible = raised(error)
    assert all(issubclass(type(compatible), kind) for kind in (other, requests.RequestException, OSError, RuntimeError))
    assert (str(compatible), compatible.as_dict(), compatible.args) == (str(error), error.as_dict(), error.args)
    assert type(compatible).__name__ == type(error).__name__
    assert compatible.request is None and compatible.response is None
    assert str(error) in "".join(traceback.format_exception(compatible))
    elsewhere = pickle.loads(pickle.dumps(compatible))
    assert (type(elsewhere), str(elsewhere)) == (type(error), str(error))


@pytest.mark.parametrize("undecodable", [ValueError, ParseError])
def test_invalid_response_is_an_error_of_the_parser(undecodable: type[Exception]) -> None:
    error = errors.DecodeError("The session is not XML.", excerpt="<htm")
    compatible = raised(error, undecodable)
    assert issubclass(type(compatible), undecodable)
    assert compatible.as_dict() == error.as_dict()
    assert "The session is not XML." in "".join(traceback.format_exception(compatible))


def test_other_errors_are_unchanged() -> None:
    error = errors.NotFoundError("n", status=404)
    assert raised(error) is error
