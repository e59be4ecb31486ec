"""Options that all commands share: settings and program options.

Shared options can appear before or after the command. The last value of an option takes precedence. No option takes a
secret as its value, because all users of the host can read the command line of a process.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.settings.settings import OPTIONS, Option

PROGRAM_OPTIONS = (
    "insecure", "output", "columns", "no_trunc", "query", "context", "config", "password_file", "password_stdin",
    "verbose",
)  # fmt: skip
_PANELS = {
    "Sign-in": (
        "username", "password_file", "password_stdin", "api_token_file", "auth_method", "session_cache",
    ),
    "Edge gateways": ("edge", "edge_api", "lock", "lock_timeout", "protected_names", "firewall_lint", "vdc_group"),
    "Timeouts and retries": ("timeout", "connect_timeout", "retries", "max_retry_wait", "max_retry_total"),
    "Files": ("config", "cache_dir", "state_dir", "audit_log"),
    "Connection": ("context", "insecure"),
}  # fmt: skip
"""Help topics of shared options.

By default, the topic of a setting is Connection, and the topic of a program option is Output.
"""

_PANEL_OF = {name: panel for panel, names in _PANELS.items() for name in names}
_METAVARS = {int: "NUMBER", float: "SECONDS", Path: "FILE"}
"""Default metavars in the help, by type of the value."""


@dataclass(frozen=True)
class SharedOption:
    """A shared option: Python name, option names, type, and help topic."""

    name: str
    declarations: tuple[str, ...]
    annotation: Any
    summary: str
    metavar: str = ""
    panel: str = "Output"

    @property
    def parameter(self) -> inspect.Parameter:
        """The option as a parameter of a typer command."""
        import typer

        info = typer.Option(
            None,
            *self.declarations,
            help=self.summary,
            metavar=self.metavar or None,
            rich_help_panel=_PANEL_OF.get(self.name, self.panel),
            show_default=False,
        )
        return inspect.Parameter(self.name, inspect.Parameter.KEYWORD_ONLY, default=info, annotation=self.annotation)


def _from_setting(option: Option) -> SharedOption:
    flag = "--" + option.name.replace("_", "-")
    if option.type == "bool":
        return SharedOption(option.name, (f"{flag}/--no-{flag[2:]}",), bool | None, option.summary, panel="Connection")
    metavar = "|".join(option.choices) or {"path": "PATH", "float": "NUMBER", "list": "LIST"}.get(option.type, "TEXT")
    return SharedOption(option.name, (flag,), str | None, option.summary, metavar, "Connection")


_OF_THE_PROGRAM: tuple[SharedOption, ...] = (
    SharedOption("insecure", ("--insecure",), bool | None, "Do not verify TLS certificates (validate_certs)."),
    SharedOption(
        "output", ("--output", "-o"), str | None, "Output format (default: table).",
        "table|wide|json|yaml|csv|jsonl",
    ),
    SharedOption(
        "columns", ("--columns",), str | None, "Columns of a table or CSV to show, such as name,status.", "KEY,..."
    ),
    SharedOption("no_trunc", ("--no-trunc",), bool | None, "Do not truncate or hide columns of a table."),
    SharedOption("query", ("--query",), str | None, "JMESPath expression that filters the result.", "EXPRESSION"),
    SharedOption("context", ("--context",), str | None, "Context (named cloud) in the configuration file.", "NAME"),
    SharedOption("config", ("--config",), str | None, "Configuration file.", "PATH"),
    SharedOption("password_file", ("--password-file",), str | None, "File whose first line is the password.", "PATH"),
    SharedOption("password_stdin", ("--password-stdin",), bool | None, "Read the password from standard input."),
    SharedOption("verbose", ("--verbose", "-v"), bool | None, "Print each request to standard error."),
)  # fmt: skip

SHARED: tuple[SharedOption, ...] = (
    *[_from_setting(option) for option in OPTIONS if option.type != "secret"],
    *_OF_THE_PROGRAM,
)


def signature_with_shared(function: Callable[..., Any], *, skip: int) -> tuple[inspect.Signature, dict[str, Any]]:
    """Return signature and annotations of a typer command.

    The parameters are ``ctx``, the parameters of the function, and the shared options. ``skip`` is the number of
    leading parameters to leave out. A parameter of the function replaces a shared option of the same name.

    Raises: ConfigurationError if the function has a parameter ``ctx``.
    """
    import typer

    own = list(inspect.signature(function, eval_str=True).parameters.values())[skip:]
    taken = {parameter.name for parameter in own}
    if "ctx" in taken:
        raise ConfigurationError(f"{function.__name__} must not have a parameter 'ctx'. Use Invocation instead.")
    parameters = [
        inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context),
        *[_named(parameter).replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own],
        *[option.parameter for option in SHARED if option.name not in taken],
    ]
    return inspect.Signature(parameters), {parameter.name: parameter.annotation for parameter in parameters}


def _named(parameter: inspect.Parameter) -> inspect.Parameter:
    """Return the parameter with a metavar, such as ``NUMBER``.

    Without a metavar, typer shows the Python type in the help.
    """
    from typer.models import OptionInfo

    info = parameter.default
    if not isinstance(info, OptionInfo) or info.metavar or parameter.annotation in (bool, bool | None):
        return parameter
    named = copy.copy(info)
    named.metavar = _METAVARS.get(parameter.annotation, "TEXT")
    return parameter.replace(default=named)


def take_shared(arguments: dict[str, Any], *, own: set[str]) -> Mapping[str, Any]:
    """Remove shared options from ``arguments``, and return the options that are set."""
    names = [option.name for option in SHARED if option.name not in own]
    options = {name: arguments.pop(name, None) for name in names}
    return {name: value for name, value in options.items() if value is not None}
