"""Guards that isolate failures of hook implementations.

pluggy orders the implementations and runs wrappers. For a first-result hook, pluggy stops at the first result. pluggy
calls guards instead of the functions of a plugin. A guard redirects the plugin's standard output to standard error,
checks the result, and handles failures as the hook requires. See :class:`Isolation`.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Generator
from typing import Any

import pluggy

from vcloudair_core.errors import PluginError, VcloudAirError
from vcloudair_core.plugin.plugin_info import PluginInfo
from vcloudair_core.util.plugin_output import stdout_to_stderr

_log = logging.getLogger(__name__)

FAILURES = (Exception, SystemExit)
"""Exceptions that count as a failure of a plugin.

KeyboardInterrupt does not count, because the user causes it.
"""


class Isolation:
    """Result and failure handling for a hook.

    This base class is for observer hooks: it logs failures.
    """

    failures: tuple[type[BaseException], ...] = FAILURES

    def __init__(self, hook: str, *, is_traced: bool = False) -> None:
        self.hook = hook
        self.is_traced = is_traced

    def is_called(self, info: PluginInfo) -> bool:
        """Return True if a plugin's implementation of the hook must be called.

        By default, the hooks of failed plugins are skipped.
        """
        return info.status == "loaded"

    def trace(self, info: PluginInfo) -> None:
        """Print a hook call to standard error if VCA_TRACE_PLUGINS is set."""
        if self.is_traced:
            print(f"vca: {self.hook} -> {info.name}", file=sys.stderr)  # noqa: T201 - the user requested it

    def result(self, info: PluginInfo, value: Any) -> Any:
        """Convert the result of an implementation to the type that the hook collects.

        Raises: Any exception if the result is invalid.
        """
        return value

    def inner(self, value: Any) -> Any:
        """Convert the collected results to the value that a wrapper gets from ``yield``."""
        return value

    def wrapped(self, info: PluginInfo, value: Any, inner: Any) -> Any:
        """Convert the result of a wrapper to the type that the hook collects.

        Raises: Any exception if the result is invalid.
        """
        return value

    def failed(self, info: PluginInfo, failure: BaseException) -> None:
        """Handle a failure.

        If this method raises an error, the caller of the hook gets the error. If this method returns, the hook
        continues without the plugin.
        """
        _log.warning("Plugin %s failed in %s. %s: %s", info.origin, self.hook, type(failure).__name__, failure)

    def is_final(self, failure: BaseException) -> bool:
        """Return True if wrappers must not handle a failure of an inner implementation."""
        return isinstance(failure, KeyboardInterrupt)


class RecordIsolation(Isolation):
    """Failure handling for record hooks: a failed plugin is no longer called.

    The result of such a hook is a list of (record, plugin) pairs.
    """

    def __init__(
        self,
        hook: str,
        record_type: type,
        mark_failed: Callable[[PluginInfo, BaseException], None],
        *,
        is_traced: bool = False,
    ) -> None:
        super().__init__(hook, is_traced=is_traced)
        self._record_type: Any = record_type
        self._mark_failed = mark_failed

    def failed(self, info: PluginInfo, failure: BaseException) -> None:
        self._mark_failed(info, failure)

    def result(self, info: PluginInfo, value: Any) -> list[tuple[Any, PluginInfo]]:
        records = list(value)
        for record in records:
            self._check(record)
        return [(record, info) for record in records]

    def inner(self, value: Any) -> list[list[Any]]:
        return [[record for record, _ in offers] for offers in value]

    def wrapped(self, info: PluginInfo, value: Any, inner: Any) -> list[list[tuple[Any, PluginInfo]]]:
        """Convert the records that a wrapper returns.

        Records that the wrapper adds or replaces are attributed to the plugin of the wrapper.
        """
        if not isinstance(value, list):
            raise PluginError(f"wrapper of {self.hook} returned {type(value).__name__} instead of a list of lists")
        providers = {id(record): provider for offers in inner for record, provider in offers}
        return [
            [(record, providers.get(id(record), info)) for record, _ in self.result(info, offers)] for offers in value
        ]

    def _check(self, record: Any) -> None:
        expected = self._record_type.__name__
        if not isinstance(record, self._record_type):
            raise PluginError(f"{self.hook} returned {type(record).__name__} instead of {expected}")
        if not isinstance(record.name, str) or not record.name.isprintable() or not record.name.strip():
            raise PluginError(f"{self.hook} returned a {expected} with an invalid name")


class TransportIsolation(Isolation):
    """Failure handling for the hook ``vca_transport``: a failure raises an error.

    Otherwise, a client could use a transport other than the configured transport.
    """

    def result(self, info: PluginInfo, value: Any) -> Any:
        is_transport = callable(getattr(value, "send", None)) and callable(getattr(value, "close", None))
        if value is not None and not is_transport:
            raise PluginError(
                f"Creating the transport failed. Plugin {info.origin} returned a {type(value).__name__} "
                "without the methods send and close.",
                plugin=info.name,
            )
        return value

    def wrapped(self, info: PluginInfo, value: Any, inner: Any) -> Any:
        return self.result(info, value)

    def failed(self, info: PluginInfo, failure: BaseException) -> None:
        if isinstance(failure, VcloudAirError):
            raise failure
        raise PluginError(
            f"Plugin {info.origin} failed in {self.hook}. {type(failure).__name__}: {failure}", plugin=info.name
        ) from failure


# -- guards ------------------------------------------------------------------------------------------------------


def guard(impl: pluggy.HookImpl, info: PluginInfo, rules: Isolation) -> None:
    """Replace the function of a registered implementation with a guard."""
    if impl.wrapper:
        impl.function = _guarded_wrapper(impl.function, info, rules)  # type: ignore[misc]
    elif impl.hookwrapper:
        impl.function = _old_style(_guarded_wrapper(_new_style(impl.function), info, rules))  # type: ignore[misc]
    else:
        impl.function = _guarded_function(impl.function, info, rules)  # type: ignore[misc]


def _guarded_function(function: Callable[..., Any], info: PluginInfo, rules: Isolation) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        if not rules.is_called(info):
            return None
        rules.trace(info)
        try:
            with stdout_to_stderr():
                return rules.result(info, function(*args, **kwargs))
        except KeyboardInterrupt:
            raise
        except rules.failures as exc:
            rules.failed(info, exc)
            return None

    return call


def _guarded_wrapper(function: Callable[..., Any], info: PluginInfo, rules: Isolation) -> Callable[..., Any]:
    """Return a guard for a hook wrapper.

    If a wrapper fails, the rules of the hook either raise the error or skip the wrapper.
    """

    def call(*args: Any, **kwargs: Any) -> Generator[None, Any, Any]:
        wrapper = _started(lambda: function(*args, **kwargs), info, rules)
        inner: Any = None
        failure: BaseException | None = None
        try:
            inner = yield
        except GeneratorExit:
            if wrapper is not None:
                wrapper.close()
            raise
        except BaseException as exc:  # noqa: BLE001 - raised again, unless the wrapper handles it
            failure = exc
        result = inner
        if wrapper is not None:
            try:
                with stdout_to_stderr():
                    value = _finished(wrapper, None if failure else rules.inner(inner), failure)
                    result = rules.wrapped(info, value, inner)
                if failure is not None and not rules.is_final(failure):
                    failure = None
            except KeyboardInterrupt:
                raise
            except rules.failures as exc:
                if exc is not failure and not (failure is not None and rules.is_final(failure)):
                    rules.failed(info, exc)
        if failure is not None:
            raise failure
        return result

    return call


def _started(start: Callable[[], Any], info: PluginInfo, rules: Isolation) -> Generator[Any, Any, Any] | None:
    """Run a wrapper up to its ``yield``.

    Return None if the wrapper must not be called, or if the wrapper fails.
    """
    if not rules.is_called(info):
        return None
    rules.trace(info)
    try:
        with stdout_to_stderr():
            wrapper: Generator[Any, Any, Any] = start()
            try:
                next(wrapper)
            except StopIteration:
                raise RuntimeError("the hook wrapper did not yield") from None
            return wrapper
    except KeyboardInterrupt:
        raise
    except rules.failures as exc:
        rules.failed(info, exc)
        return None


def _finished(wrapper: Generator[Any, Any, Any], inner: Any, failure: BaseException | None) -> Any:
    """Run a wrapper from its ``yield`` to its end, and return the result."""
    try:
        if failure is None:
            wrapper.send(inner)
        else:
            wrapper.throw(failure)
    except StopIteration as stop:
        return stop.value
    wrapper.close()
    raise RuntimeError("the hook wrapper yields more than once")


def _new_style(function: Callable[..., Any]) -> Callable[..., Any]:
    """Convert an old-style wrapper (``hookwrapper=True``) to a new-style wrapper."""

    def call(*args: Any, **kwargs: Any) -> Generator[None, Any, Any]:
        wrapper: Generator[None, pluggy.Result[Any], None] = function(*args, **kwargs)
        try:
            next(wrapper)
        except StopIteration:
            return (yield from ())
        failure: BaseException | None = None
        inner: Any = None
        try:
            inner = yield
        except GeneratorExit:
            wrapper.close()
            raise
        except BaseException as exc:  # noqa: BLE001 - raised from the result, unless the wrapper changes it
            failure = exc
        outcome = pluggy.Result.from_call(lambda: inner)
        if failure is not None:
            outcome.force_exception(failure)
        _finished(wrapper, outcome, None)
        return outcome.get_result()

    return call


def _old_style(function: Callable[..., Any]) -> Callable[..., Any]:
    """Convert a new-style wrapper to an old-style wrapper (``hookwrapper=True``)."""

    def call(*args: Any, **kwargs: Any) -> Generator[None, pluggy.Result[Any], None]:
        wrapper: Generator[None, Any, Any] = function(*args, **kwargs)
        next(wrapper)
        outcome = yield
        try:
            if outcome.exception is None:
                wrapper.send(outcome.get_result())
            else:
                wrapper.throw(outcome.exception)
        except StopIteration as stop:
            outcome.force_result(stop.value)
        except BaseException as exc:  # noqa: BLE001 - pluggy raises it from the result
            outcome.force_exception(exc)

    return call
