"""Invocation of a command: its shared options, settings, plugins and client."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from vcloudair_core.cli.completion.known_names import remember_columns
from vcloudair_core.cli.display.output import FORMATS, TABLES, OutputOptions, emit, unknown_value
from vcloudair_core.cli.passwords import PasswordInput, ask_password, lacks_password, password_of_options
from vcloudair_core.cli.shared_options import PROGRAM_OPTIONS, signature_with_shared, take_shared
from vcloudair_core.cli.version_option import version_parameter
from vcloudair_core.errors import ConfigurationError, VcloudAirError

if TYPE_CHECKING:
    import typer

    from vcloudair_core.app import App
    from vcloudair_core.cli.display.table import Column
    from vcloudair_core.client import Client
    from vcloudair_core.plugin.manager import PluginManager
    from vcloudair_core.session.cache.kept_login import KeptLogin
    from vcloudair_core.settings.settings import Settings


@dataclass(frozen=True)
class Invocation:
    """An invocation of ``vca``.

    Attributes:
        plugins: The loaded plugins.
        options: The shared options of the command line.
        plugin_error: Error that occurred while the plugins were loaded. The error is raised when a command needs all
            plugins.
        subcommand: Name of the subcommand, for groups that also run without one.
        path: The command as the user typed it, such as ``vca edge list``.
        marks: Facts about the run, which select the exit code and the error message. Copies share the marks.
        stdin: Password from standard input. Copies share the password.
    """

    plugins: PluginManager
    options: Mapping[str, Any] = field(default_factory=dict)
    plugin_error: VcloudAirError | None = None
    subcommand: str = ""
    path: str = ""
    marks: set[str] = field(default_factory=set)
    stdin: PasswordInput = field(default_factory=PasswordInput)

    def with_options(self, options: Mapping[str, Any]) -> Invocation:
        """Return a copy with additional options.

        Existing options of the same name are replaced.

        Raises: ConfigurationError if the command line has two different edge gateways or VDCs.
        """
        for name in _TARGET_OPTIONS:
            before, now = self.options.get(name), options.get(name)
            if before and now and str(before).casefold() != str(now).casefold():
                raise ConfigurationError(
                    f"--{name} has two different values: {before!r} and {now!r}.", hint=f"Pass --{name} once."
                )
        return replace(self, options={**self.options, **options})

    def prepare(self, function: Callable[..., Any]) -> None:
        """Apply the marks of a command, and the options for output and logging.

        Sends no request. Raises ConfigurationError for invalid output options.
        """
        self.marks.update(getattr(function, _MARKS, ()))
        self.output_options  # noqa: B018 - raises
        if self.options.get("verbose"):
            logging.getLogger("vcloudair_core").setLevel(logging.DEBUG)

    @property
    def output(self) -> str:
        """Output format: ``table``, ``wide``, ``json``, ``yaml``, ``csv`` or ``jsonl``.

        The default is ``table``, or ``json`` with ``--query``. Raises ConfigurationError for an unknown format.
        """
        chosen = str(self.options.get("output") or ("json" if self.options.get("query") is not None else "table"))
        if chosen not in FORMATS:
            raise unknown_value("output format", chosen, FORMATS)
        return chosen

    @property
    def is_table(self) -> bool:
        """True if the result is printed as the table of the command."""
        return self.output in TABLES and self.options.get("query") is None

    @property
    def output_options(self) -> OutputOptions:
        """Output options. Raises ConfigurationError for conflicting options."""
        columns = tuple(filter(None, (name.strip() for name in str(self.options.get("columns") or "").split(","))))
        if columns and self.output not in (*TABLES, "csv"):
            raise ConfigurationError(
                f"--columns does not apply to {self.output} output, only to tables and CSV.",
                hint="Use --query to select keys, such as --query '[].{name: name}'.",
            )
        query = None
        if self.options.get("query") is not None:
            from vcloudair_core.cli.display.query_expression import QueryExpression

            query = QueryExpression(str(self.options["query"]))
        return OutputOptions(self.output, columns, bool(self.options.get("no_trunc")), query)

    def emit(
        self,
        result: Any,
        *,
        columns: Sequence[Column] = (),
        rows: Sequence[Mapping[str, Any]] | None = None,
        keys: Sequence[str] = (),
        empty: str = "",
    ) -> None:
        """Print a result in the selected format.

        See :func:`vcloudair_core.cli.display.output.emit`.
        """
        emit(result, self.output_options, columns=columns, rows=rows, keys=keys, empty=empty)
        remember_columns(self.path, [column.key for column in columns])

    def settings(self) -> Settings:
        """Load settings from options, environment and file, in this order of precedence.

        Raises: ConfigurationError if a setting is invalid or the file cannot be read.
        """
        from vcloudair_core.settings.settings import Settings

        arguments = {name: value for name, value in self.options.items() if name not in PROGRAM_OPTIONS}
        if self.options.get("insecure"):
            if arguments.get("validate_certs"):
                raise ConfigurationError("You cannot use --insecure and --validate-certs together.")
            arguments["validate_certs"] = False
        password = password_of_options(self.options, self.stdin)
        if password is not None:
            arguments["password"] = password
        settings = Settings.load(arguments, config_file=self.options.get("config"), context=self.options.get("context"))
        self.note_context(settings.context)
        return settings

    def note_context(self, name: str | None) -> None:
        """Record which context is in use, so that error messages can name the context."""
        self.marks.difference_update({mark for mark in self.marks if mark.startswith(CONTEXT_MARK)})
        if name:
            self.marks.add(f"{CONTEXT_MARK}{name}")

    def app(self, *, shows_tasks: bool = True) -> App:
        """Return the App. Raises PluginError if required plugins are missing or failed.

        If ``shows_tasks`` is true, the progress of tasks is shown on a terminal. Commands that have their own
        progress display pass False.
        """
        from vcloudair_core.app import App
        from vcloudair_core.cli.display.task_progress import TaskProgress, wants_progress

        if self.plugin_error is not None:
            raise self.plugin_error
        if shows_tasks and wants_progress() and _PROGRESS not in {info.name for info in self.plugins.list_plugins()}:
            self.plugins.register(TaskProgress(), _PROGRESS)
        return App(plugins=self.plugins, program=self.path)

    def client(self, settings: Settings | None = None, *, shows_tasks: bool = True) -> Client:
        """Return a client.

        If no credentials are set, the client uses the session of ``vca login``, or asks for the password.
        """
        from vcloudair_core.cli import kept_session

        chosen = settings or self.settings()
        login = self.kept_login(chosen)
        if login is not None:
            app = self.app(shows_tasks=shows_tasks)
            return kept_session.client_of(app, chosen, login)
        if lacks_password(chosen):
            chosen = chosen.replace(password=ask_password(chosen))
        return self.app(shows_tasks=shows_tasks).client(chosen)

    def login_client(self, settings: Settings) -> Client:
        """Return a client whose session is kept for later commands.

        Asks for a missing password.
        """
        from vcloudair_core.cli import kept_session

        chosen = settings.replace(password=ask_password(settings)) if lacks_password(settings) else settings
        return kept_session.new_login(self.app(), chosen)

    def kept_login(self, settings: Settings) -> KeptLogin | None:
        """Return the session of ``vca login``, or None if credentials are set."""
        from vcloudair_core.cli import kept_session

        return kept_session.usable_login(settings)


def connected(function: Callable[..., Any]) -> Callable[..., Any]:
    """Convert a function to a command with the shared options.

    The first parameter of the function is the :class:`Invocation`.

    ::

        @app.command("list")
        @connected
        def list_edges(run: Invocation, vdc_only: bool = False) -> None:
            with run.client() as client: ...
    """
    signature, annotations = signature_with_shared(function, skip=1)
    own = set(inspect.signature(function).parameters)

    def command(**arguments: Any) -> Any:
        context = arguments.pop("ctx")
        run = cast("Invocation", context.obj).with_options(take_shared(arguments, own=own))
        context.obj = run = replace(run, subcommand=context.invoked_subcommand or "", path=context.command_path)
        run.prepare(function)
        return function(run, **arguments)

    command.__name__ = function.__name__
    command.__doc__ = function.__doc__
    command.__signature__ = signature  # type: ignore[attr-defined]
    command.__annotations__ = annotations
    return command


def changes(function: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a command that changes something.

    Put this decorator below :func:`connected`.

    If the output cannot be written, for example to a full disk, the exit code of the command does not change.
    """
    setattr(function, _MARKS, ("changes",))
    return function


def root_callback() -> Callable[..., None]:
    """Return the callback of ``vca`` with the shared options."""

    def vca() -> None:
        pass

    signature, annotations = signature_with_shared(vca, skip=0)
    version = version_parameter()
    signature = signature.replace(parameters=[*signature.parameters.values(), version])
    annotations = {**annotations, version.name: version.annotation}

    def callback(**arguments: Any) -> None:
        context: typer.Context = arguments.pop("ctx")
        arguments.pop(version.name)
        context.obj = context.obj.with_options(take_shared(arguments, own=set()))

    callback.__signature__ = signature  # type: ignore[attr-defined]
    callback.__annotations__ = annotations
    return callback


CONTEXT_MARK = "context "
"""Prefix of the mark that contains the name of the context."""

_TARGET_OPTIONS = ("edge", "vdc")
"""Options that select the target of a write.

If one of them is set twice with different values, an error is raised, because the command could write to the wrong
target.
"""

_PROGRESS = "vca progress"
_MARKS = "__vca_marks__"
