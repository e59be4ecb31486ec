"""The context of a command: its shared options, and from them settings, plugins and a client."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import typer

from vcloudair_core.cli.completion.known_names import remember_columns
from vcloudair_core.cli.display.output import FORMATS, TABLES, OutputOptions, emit, unknown_word
from vcloudair_core.cli.passwords import PasswordInput, ask_password, lacks_password, password_of_options
from vcloudair_core.cli.shared_options import PROGRAM_OPTIONS, signature_with_shared, take_shared
from vcloudair_core.cli.version_option import version_parameter
from vcloudair_core.errors import ConfigurationError, VcloudAirError

if TYPE_CHECKING:
    from vcloudair_core.app import App
    from vcloudair_core.cli.display.table import Column
    from vcloudair_core.client import Client
    from vcloudair_core.plugin.manager import PluginManager
    from vcloudair_core.session.cache.kept_login import KeptLogin
    from vcloudair_core.settings.settings import Settings


@dataclass(frozen=True)
class Invocation:
    """One run of ``vca``. ``options`` holds the shared options of the command line; ``plugins`` are loaded already.

    ``plugin_error`` is what went wrong while loading them; it is raised by whatever needs plugins to be whole.
    ``subcommand`` is the command that follows, for a group that does something by itself when none does. ``marks`` and
    ``stdin`` are shared by all copies. ``path`` is the command as typed, such as ``vca edge list``.
    """

    plugins: PluginManager
    options: Mapping[str, Any] = field(default_factory=dict)
    plugin_error: VcloudAirError | None = None
    subcommand: str = ""
    path: str = ""
    marks: set[str] = field(default_factory=set)
    stdin: PasswordInput = field(default_factory=PasswordInput)

    def with_options(self, options: Mapping[str, Any]) -> Invocation:
        """Return the same run with more options; equal names are replaced.

        Raises ConfigurationError when two places of the command line name different edge gateways or VDCs.
        """
        for name in _TARGET_OPTIONS:
            before, now = self.options.get(name), options.get(name)
            if before and now and str(before).casefold() != str(now).casefold():
                raise ConfigurationError(
                    f"--{name} is given twice, as {before!r} and as {now!r}.", hint=f"Give --{name} once."
                )
        return replace(self, options={**self.options, **options})

    @property
    def output(self) -> str:
        """The format of results: ``table``, ``wide``, ``json``, ``yaml``, ``csv`` or ``jsonl``.

        The default is ``table``, and ``json`` with ``--query``. Raises ConfigurationError for anything else.
        """
        chosen = str(self.options.get("output") or ("json" if self.options.get("query") is not None else "table"))
        if chosen not in FORMATS:
            raise unknown_word("output format", chosen, FORMATS)
        return chosen

    @property
    def is_table(self) -> bool:
        """True when the result is printed as a table of the command's own, for people."""
        return self.output in TABLES and self.options.get("query") is None

    @property
    def output_options(self) -> OutputOptions:
        """Output format. Raises ConfigurationError for a contradiction, before anything is sent."""
        columns = tuple(filter(None, (name.strip() for name in str(self.options.get("columns") or "").split(","))))
        if columns and self.output not in (*TABLES, "csv"):
            raise ConfigurationError(
                f"--columns selects columns of a table or CSV, not of {self.output}.",
                hint="Select keys with --query, such as --query '[].{name: name}'.",
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
        """Print a result as the user asked for it, see :func:`vcloudair_core.cli.display.output.emit`."""
        emit(result, self.output_options, columns=columns, rows=rows, keys=keys, empty=empty)
        remember_columns(self.path, [column.key for column in columns])

    def settings(self) -> Settings:
        """Options over environment over file. Raises ConfigurationError."""
        from vcloudair_core.settings.settings import Settings

        arguments = {name: value for name, value in self.options.items() if name not in PROGRAM_OPTIONS}
        if self.options.get("insecure"):
            if arguments.get("validate_certs"):
                raise ConfigurationError("--insecure and --validate-certs exclude each other.")
            arguments["validate_certs"] = False
        password = password_of_options(self.options, self.stdin)
        if password is not None:
            arguments["password"] = password
        settings = Settings.load(arguments, config_file=self.options.get("config"), context=self.options.get("context"))
        self.note_context(settings.context)
        return settings

    def note_context(self, name: str | None) -> None:
        """Remember the context in use, for the line of an error. It is known only once settings are loaded."""
        self.marks.difference_update({mark for mark in self.marks if mark.startswith(CONTEXT_MARK)})
        if name:
            self.marks.add(f"{CONTEXT_MARK}{name}")

    def app(self, *, shows_tasks: bool = True) -> App:
        """The composition root. Raises PluginError when plugins that are required do not work.

        ``shows_tasks``: tell a person at a terminal of the task that is waited for; not for commands that show more.
        """
        from vcloudair_core.app import App
        from vcloudair_core.cli.display.task_progress import TaskProgress, wants_progress

        if self.plugin_error is not None:
            raise self.plugin_error
        if shows_tasks and wants_progress() and _PROGRESS not in {info.name for info in self.plugins.list_plugins()}:
            self.plugins.register(TaskProgress(), _PROGRESS)
        return App(plugins=self.plugins)

    def client(self, settings: Settings | None = None, *, shows_tasks: bool = True) -> Client:
        """A client. Without a password it uses the session of ``vca login``, else asks the person at the terminal."""
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
        """A client whose sign-in is kept for later commands. Asks for the password as :meth:`client` does."""
        from vcloudair_core.cli import kept_session

        chosen = settings.replace(password=ask_password(settings)) if lacks_password(settings) else settings
        return kept_session.new_login(self.app(), chosen)

    def kept_login(self, settings: Settings) -> KeptLogin | None:
        """The session of ``vca login`` for these settings, if one is kept and no credential is given."""
        from vcloudair_core.cli import kept_session

        return kept_session.usable_login(settings)


def connected(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function a command: its first parameter gets the :class:`Invocation`, and it takes all shared options.

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
        run.marks.update(getattr(function, _MARKS, ()))
        run.output_options  # noqa: B018 - bad options of output are refused before anything is sent
        if run.options.get("verbose"):
            logging.getLogger("vcloudair_core").setLevel(logging.DEBUG)
        return function(run, **arguments)

    command.__name__ = function.__name__
    command.__doc__ = function.__doc__
    command.__signature__ = signature  # type: ignore[attr-defined]
    command.__annotations__ = annotations
    return command


def changes(function: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a command that does more than to print. Stands below :func:`connected`.

    Its exit code is that of what it did, also when its output cannot be written because a disk is full.
    """
    setattr(function, _MARKS, ("changes",))
    return function


def root_callback() -> Callable[..., None]:
    """The callback of ``vca`` itself: shared options that stand before the command."""

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
"""Begins the mark of a run that names its context."""

_TARGET_OPTIONS = ("edge", "vdc")
"""Options that say what is written to: guessing which of two was meant may write to the wrong one."""

_PROGRESS = "vca progress"
_MARKS = "__vca_marks__"
