"""Entry point of ``vca``: runs a command, prints errors, sets the exit code."""

from __future__ import annotations

import importlib.util
import logging
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, cast

from vcloudair_core.cli.display.output import say, write
from vcloudair_core.cli.display.streams import guarded, keep_stdout, leave_stdout, open_missing
from vcloudair_core.cli.exit_codes import FAILED, INTERRUPTED, OK, TERMINATED, USAGE, exit_code_for
from vcloudair_core.cli.version_option import version_line
from vcloudair_core.errors import ConfigurationError, VcloudAirError
from vcloudair_core.util.install_hint import install_hint

if TYPE_CHECKING:
    from vcloudair_core.cli.direct.dispatch import DirectCommand

CHANGES = "changes"
"""Mark of a command that makes changes, such as ``vca edge apply``."""


def main() -> None:
    """Run the command line of this process and exit. Never returns."""
    if "_VCA_COMPLETE" in os.environ:
        from vcloudair_core.cli.completion.answer import main as answer_shell

        answer_shell()
        sys.exit(OK)
    open_missing()
    keep_stdout()
    _end_on_sigterm()
    status = run(sys.argv[1:])
    leave_stdout()
    sys.exit(status)


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code.

    Results are written to stdout. All other output is written to stderr.

    If the output cannot be written, the command still runs to the end. A command that only reads then returns 1. All
    other commands keep their exit codes.
    """
    marks: set[str] = set()
    with guarded() as output:
        status = _run_guarded(arguments, marks)
        output.flush()
        if not output.lost:
            return status
        is_failure = status == OK and CHANGES not in marks
        mark = "Error" if is_failure else "Warning"
        say(f"{mark}: Writing the output failed. {output.lost}.")
        return FAILED if is_failure else status


def _run_guarded(arguments: Sequence[str], marks: set[str]) -> int:
    if list(arguments) == ["--version"]:  # works in a broken installation too
        write(version_line())
        return OK
    if importlib.util.find_spec("typer") is None:
        print(f"Error: vca needs the extra 'cli'.\nHint: {install_hint('cli')}", file=sys.stderr)
        return USAGE
    plugin_log = logging.getLogger("vcloudair_core.plugin.manager")
    try:
        with _warnings_shown():
            # `vca plugins` prints the same errors.
            plugin_log.disabled = "plugins" in arguments
            return _run(arguments, marks)
    except KeyboardInterrupt:
        return _stopped()
    except VcloudAirError as exc:
        return report(exc, _context_of(marks))
    except Exception as exc:
        extra = _extra_of(exc)
        if extra:
            return report(_missing_extra(exc, extra))
        if _is_debugging():
            raise
        return report(_file_error(exc)) if isinstance(exc, OSError) and exc.filename is not None else _report_bug(exc)
    finally:
        plugin_log.disabled = False


def _run(arguments: Sequence[str], marks: set[str]) -> int:
    from vcloudair_core.cli.direct.dispatch import direct_command

    direct = direct_command(arguments)
    return _run_directly(direct, marks) if direct is not None else _run_with_typer(arguments, marks)


def _run_directly(direct: DirectCommand, marks: set[str]) -> int:
    from vcloudair_core.cli.invocation import Invocation
    from vcloudair_core.cli.loading import load_commands

    plugins, _, problem = load_commands()
    path = " ".join(("vca", *direct.names))
    run = Invocation(plugins=plugins, plugin_error=problem, marks=marks, path=path)
    run = run.with_options(direct.before).with_options(direct.after)
    function = direct.load()
    run.prepare(function)
    function(run)
    return OK


def _run_with_typer(arguments: Sequence[str], marks: set[str]) -> int:
    import typer

    from vcloudair_core.cli.command_tree import build_tree
    from vcloudair_core.cli.invocation import Invocation
    from vcloudair_core.cli.loading import load_commands
    from vcloudair_core.cli.start.help_cache import help_stamp, is_help, remember_help

    stamp = help_stamp() if is_help(arguments) else ""
    plugins, records, problem = load_commands()
    tree = build_tree(records, plugins)
    # ClickException of the click version that typer uses
    usage_error = cast("type[Exception]", typer.BadParameter.__mro__[2])
    try:
        status = tree.main(
            args=list(arguments),
            prog_name="vca",
            standalone_mode=False,
            obj=Invocation(plugins=plugins, plugin_error=problem, marks=marks),
        )
    except usage_error as exc:
        cast("Any", exc).show()
        return USAGE
    except typer.Abort:
        return _stopped()
    if stamp:
        remember_help(stamp, tree, plugins, records)
    if status == INTERRUPTED:  # typer reports Ctrl-C like this
        return _stopped()
    return status if isinstance(status, int) else OK


def _stopped() -> int:
    print("\nStopped by SIGTERM." if _terminated else "\nStopped.", file=sys.stderr)
    return TERMINATED if _terminated else INTERRUPTED


_terminated: list[int] = []
"""Signals other than Ctrl-C that stopped this process."""


def _end_on_sigterm() -> None:
    """Handle SIGTERM like Ctrl-C, so that a write in progress is reported.

    Some commands install another handler.
    """

    def stop(number: int, frame: object) -> None:
        _terminated.append(number)
        raise KeyboardInterrupt

    with suppress(ValueError, OSError):  # not the main thread
        signal.signal(signal.SIGTERM, stop)


def _context_of(marks: set[str]) -> str:
    from vcloudair_core.cli.invocation import CONTEXT_MARK

    return next((mark.removeprefix(CONTEXT_MARK) for mark in marks if mark.startswith(CONTEXT_MARK)), "")


def report(error: VcloudAirError, context: str = "") -> int:
    """Print an error and its hint on separate lines. Returns the exit code.

    The error line starts with ``context``, which is the name of the context in use.
    """
    if _is_debugging():
        import traceback

        traceback.print_exception(error)
    say(f"Error: {f'[context {context}] ' if context else ''}{error.explanation}")
    if error.written_text and error.written_text not in error.explanation:
        say(error.written_text)
    if error.hint:
        say(f"Hint: {error.hint}")
    return exit_code_for(error)


def _file_error(error: OSError) -> ConfigurationError:
    """Convert an unhandled OSError of a command to an error that names the file."""
    from vcloudair_core.util.user_files import reason_of

    reason, hint = reason_of(error)
    return ConfigurationError(f"Accessing a file failed: '{os.fsdecode(error.filename)}'. Reason: {reason}.", hint=hint)


def _report_bug(error: Exception) -> int:
    say(f"Error: {type(error).__name__}: {error}")
    print("Hint: This is a bug of vca or a plugin. Set VCA_DEBUG=1 to show the traceback.", file=sys.stderr)
    return exit_code_for(error)


_EXTRAS = {
    "prometheus_client": "metrics", "matplotlib": "metrics",
    "starlette": "simulator", "uvicorn": "simulator",
    "jsonschema": "dr", "jinja2": "dr",
    "yaml": "cli", "rich": "cli", "tomlkit": "cli", "jmespath": "cli",
}  # fmt: skip
"""Packages that some commands need, and the extras that install them."""


def _extra_of(error: BaseException | None) -> str:
    """Return the extra that installs a missing package, or an empty string."""
    while error is not None:
        if isinstance(error, ImportError) and (error.name or "").partition(".")[0] in _EXTRAS:
            return _EXTRAS[(error.name or "").partition(".")[0]]
        error = error.__cause__ or error.__context__
    return ""


def _missing_extra(error: Exception, extra: str) -> ConfigurationError:
    return ConfigurationError(
        f"This command needs the extra {extra!r} of vcloudair-core: {error}.",
        hint=install_hint(extra),
    )


class _ToStderr(logging.Handler):
    """A log handler that prints to standard error, with a prefix for warnings."""

    def emit(self, record: logging.LogRecord) -> None:
        mark = "Warning: " if record.levelno >= logging.WARNING else ""
        say(f"{mark}{record.getMessage()}")


@contextmanager
def _warnings_shown() -> Iterator[None]:
    logger, handler = logging.getLogger("vcloudair_core"), _ToStderr()
    level = logger.level
    retries = logging.getLogger("vcloudair_core.session.retry")
    logger.addHandler(handler)
    if sys.stderr.isatty():
        # Users at a terminal need the reason of a wait. Logs contain only warnings and errors.
        retries.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        retries.setLevel(logging.NOTSET)


def _is_debugging() -> bool:
    return os.environ.get("VCA_DEBUG", "") not in ("", "0")
