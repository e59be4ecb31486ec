"""Exit codes of ``vca``. The documentation and the tests use the same table."""

from __future__ import annotations

from dataclasses import dataclass

from vcloudair_core import errors


@dataclass(frozen=True)
class ExitCode:
    """An exit code, its meaning, and the errors that produce it.

    A subclass of an error has the same exit code, unless the table lists the subclass.
    """

    code: int
    meaning: str
    errors: tuple[type[Exception], ...] = ()


EXIT_CODES: tuple[ExitCode, ...] = (
    ExitCode(0, "Success. For `vca doctor`: no problem found."),
    ExitCode(1, "Any other error.", (errors.VcloudAirError,)),
    ExitCode(
        2, "For `vca edge plan`: the edge gateway differs from the document (drift). For `vca edge convert`: an item "
        "was not converted.",
    ),
    ExitCode(3, "Sign-in failed, or the session expired.", (errors.AuthenticationError,)),
    ExitCode(4, "An object was not found.", (errors.NotFoundError,)),
    ExitCode(5, "The user lacks a required right.", (errors.PermissionDeniedError,)),
    ExitCode(6, "No response: DNS, connection, timeout or TLS failure.", (errors.TransportError,)),
    ExitCode(
        7, "The server rejected the request, failed, or returned an invalid response.",
        (errors.ApiError, errors.DecodeError, errors.IncompleteResultError),
    ),
    ExitCode(8, "A server task failed or timed out.", (errors.TaskError,)),
    ExitCode(
        9, "The desired state could not be reached, or a plan policy rejected the plan. "
        "For `vca dr check`: the recovery is not ready.",
        (errors.EngineError,),
    ),
    ExitCode(10, "A plugin failed, is missing, or has the same name as another plugin.", (errors.PluginError,)),
    ExitCode(
        11, "It is unknown whether a DR action was started, or whether it succeeded. Check the VM, then run "
        "`vca dr resume`. If the action was not started, add `--start-again`.",
        (errors.OutcomeUnknownError,),
    ),
    ExitCode(
        64, "Usage error: an unknown command or option, a missing or conflicting setting, or an invalid input "
        "file.",
        (errors.ConfigurationError, errors.SpecError),
    ),
    ExitCode(
        130, "Stopped with Ctrl-C. A recovery run can be resumed.",
    ),
    ExitCode(143, "Stopped by SIGTERM. If a write was in progress, a warning says that it may have been executed."),
)  # fmt: skip

OK, FAILED, DRIFT, USAGE, INTERRUPTED, TERMINATED = 0, 1, 2, 64, 130, 143


def exit_code_for(error: BaseException) -> int:
    """Return the exit code of an error.

    The table entry of the nearest base class applies. Without an entry, the code is 1.
    """
    by_class = {known: entry.code for entry in EXIT_CODES for known in entry.errors}
    for ancestor in type(error).__mro__:
        if ancestor in by_class:
            return by_class[ancestor]
    return FAILED
