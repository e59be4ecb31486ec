"""Errors for programs of vcloudair 0.5: also instances of the classes that the SDK raised for the same failure.

Every error of this library is a RuntimeError, as the SDK's own were. Beside those, the SDK let through what requests
and the parsers raised; its classes here raise errors that are both.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from vcloudair_core.errors import DecodeError, TransportError, VcloudAirError

_P = ParamSpec("_P")
_R = TypeVar("_R")


def compatible_errors(undecodable: type[Exception]) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Decorate a method of a vcloudair 0.5 class. ``undecodable``: what its parser raised for a damaged answer."""

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
    # The attributes that requests and SyntaxError look at when they are shown.
    made.__dict__.update({"request": None, "response": None} | error.__dict__)
    if isinstance(made, SyntaxError):
        made.msg = str(error)
    return made


_classes: dict[tuple[type, type], type[VcloudAirError]] = {}


def _joined(ours: type[VcloudAirError], base: type[Exception]) -> type[VcloudAirError]:
    """A class that goes by the name of ours and is caught as either."""
    if (ours, base) not in _classes:
        names: dict[str, Any] = {
            "__module__": ours.__module__,
            "__qualname__": ours.__qualname__,
            "__doc__": ours.__doc__,
            # A copy, or one that goes to another process, is an error of ours only.
            "__reduce__": lambda self: (ours, self.args, self.__dict__),
        }
        _classes[ours, base] = type(ours.__name__, (ours, base), names)
    return _classes[ours, base]
