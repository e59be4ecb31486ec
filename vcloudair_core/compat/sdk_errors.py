"""Errors of the vcloudair 0.5 classes, compatible with the errors of the SDK.

All errors of this library are RuntimeErrors, like the errors of the SDK. The SDK also raised errors of ``requests`` and
of parsers. Therefore, each error of a compatibility class is a subclass of two errors: the error of this library, and
the error that the SDK raised.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from vcloudair_core.errors import DecodeError, TransportError, VcloudAirError

_P = ParamSpec("_P")
_R = TypeVar("_R")


def compatible_errors(undecodable: type[Exception]) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Decorate a method of a vcloudair 0.5 class to raise compatible errors.

    ``undecodable`` is the error that the SDK's parser raised for an invalid response.
    """

    def decorated(call: Callable[_P, _R]) -> Callable[_P, _R]:
        @wraps(call)
        def compatible(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            try:
                return call(*args, **kwargs)
            except (TransportError, DecodeError) as error:
                raise _compatible(error, undecodable).with_traceback(error.__traceback__) from error.__cause__

        return compatible

    return decorated


def _compatible(error: TransportError | DecodeError, undecodable: type[Exception]) -> VcloudAirError:
    if isinstance(error, TransportError):
        from vcloudair_core.transport.requests_transport import error_class_of

        base: type[Exception] = error_class_of(error)
    else:
        base = undecodable
    if isinstance(error, base):
        return error
    kind = _joined(type(error), base)
    made: VcloudAirError = base.__new__(kind, *error.args)
    made.args = error.args
    # requests and SyntaxError read these attributes when they are printed.
    made.__dict__.update({"request": None, "response": None} | error.__dict__)
    if isinstance(made, SyntaxError):
        made.msg = str(error)
    return made


_classes: dict[tuple[type, type], type[VcloudAirError]] = {}


def _joined(ours: type[VcloudAirError], base: type[Exception]) -> type[VcloudAirError]:
    """Return a new subclass of ``ours`` and ``base``, with the name of ``ours``."""
    if (ours, base) not in _classes:
        names: dict[str, Any] = {
            "__module__": ours.__module__,
            "__qualname__": ours.__qualname__,
            "__doc__": ours.__doc__,
            # Copy and pickle the error as an instance of the original class. The new class cannot be imported.
            "__reduce__": lambda self: (ours, self.args, self.__dict__),
        }
        _classes[ours, base] = type(ours.__name__, (ours, base), names)
    return _classes[ours, base]
