"""Check that each error class has its own exit code, or that of its base class."""

from __future__ import annotations

import inspect

import pytest

from vcloudair_core import errors
from vcloudair_core.cli.exit_codes import EXIT_CODES, exit_code_for


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ConfigurationError(""), 64),
        (errors.SpecError("name", "bad"), 64),
        (errors.AuthenticationError(""), 3),
        (errors.NotFoundError(""), 4),
        (errors.PermissionDeniedError(""), 5),
        (errors.TlsError(""), 6),
        (errors.TimeoutExpiredError(""), 6),
        (errors.BusyError(""), 7),
        (errors.DecodeError(""), 7),
        (errors.TaskTimeoutError(""), 8),
        (errors.AmbiguousMatchError(""), 9),
        (errors.PlanRejectedError("no"), 9),
        (errors.PluginError(""), 10),
        (errors.VcloudAirError(""), 1),
        (ValueError("a bug"), 1),
    ],
)
def test_exit_code_of_each_error(error: Exception, code: int) -> None:
    assert exit_code_for(error) == code


def test_codes_and_errors_are_unique() -> None:
    codes = [entry.code for entry in EXIT_CODES]
    assert codes == sorted(set(codes))
    classes = [known for entry in EXIT_CODES for known in entry.errors]
    assert len(classes) == len(set(classes))


def test_every_library_error_has_a_code() -> None:
    classes = [known for _, known in inspect.getmembers(errors, inspect.isclass) if known.__module__ == errors.__name__]
    ours = [known for known in classes if issubclass(known, Exception)]
    assert len(ours) > 15
    listed = {known for entry in EXIT_CODES for known in entry.errors}
    assert all(any(ancestor in listed for ancestor in known.__mro__) for known in ours)
