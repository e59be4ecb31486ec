"""Exit codes: one table for the program, its documentation and its tests."""

from __future__ import annotations

from dataclasses import dataclass

from vcloudair_core import errors


@dataclass(frozen=True)
class ExitCode:
    """One exit code: when it is used, and by which errors. Subclasses count unless they have their own code."""

    code: int
    meaning: str
    errors: tuple[type[Exception], ...] = ()


EXIT_CODES: tuple[ExitCode, ...] = (
    ExitCode(0, "Done; for `vca doctor`: nothing is wrong."),
    ExitCode(1, "An error that has no code of its own.", (errors.VcloudAirError,)),
    ExitCode(2, "For `vca edge plan` alone: there is a difference (drift)."),
    ExitCode(3, "Signing in failed, or the session has ended.", (errors.AuthenticationError,)),
    ExitCode(4, "What was named does not exist.", (errors.NotFoundError,)),
    ExitCode(5, "The user lacks a right.", (errors.PermissionDeniedError,)),
    ExitCode(6, "No answer: name not found, no connection, time-out, TLS.", (errors.TransportError,)),
    ExitCode(
        7, "The server refused the request, failed, or answered with something that is not its protocol.",
        (errors.ApiError, errors.DecodeError, errors.IncompleteResultError),
    ),
    ExitCode(8, "A task of the server failed or took too long.", (errors.TaskError,)),
    ExitCode(
        9, "Desired and actual state could not be brought together, or a policy plugin said no. "
        "For `vca dr check`: not ready.",
        (errors.EngineError,),
    ),
    ExitCode(10, "A plugin is broken, doubled or missing.", (errors.PluginError,)),
    ExitCode(
        11, "A recovery action may or may not have been started. It is not started again before somebody decides: see "
        "`vca dr resume --start-again`.",
        (errors.OutcomeUnknownError,),
    ),
    ExitCode(
        64, "Usage error: an unknown command or option, a missing or contradictory setting, an input file that cannot "
        "be right.",
        (errors.ConfigurationError, errors.SpecError),
    ),
    ExitCode(
        130, "Stopped with Ctrl-C; for a recovery run: interrupted, and it may be resumed.",
    ),
    ExitCode(143, "Ended by SIGTERM. If a write was in progress, a warning says that it may have happened."),
)  # fmt: skip

OK, FAILED, DRIFT, USAGE, INTERRUPTED, TERMINATED = 0, 1, 2, 64, 130, 143


def exit_code_for(error: BaseException) -> int:
    """The exit code of an error: that of its nearest ancestor in the table, 1 for whatever is not in it."""
    by_class = {known: entry.code for entry in EXIT_CODES for known in entry.errors}
    for ancestor in type(error).__mro__:
        if ancestor in by_class:
            return by_class[ancestor]
    return FAILED
