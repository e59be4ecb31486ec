"""Options that every command shares: the settings of :data:`vcloudair_core.config.OPTIONS`, and a few of the program.

They may stand before or after the command; the nearer to the end wins. Secrets are never options: whatever stands on a
command line can be read by every user of the machine.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import typer

from vcloudair_core.config import OPTIONS, Option
from vcloudair_core.errors import ConfigurationError

PROGRAM_OPTIONS = ("insecure", "output", "context", "config", "password_file", "password_stdin", "verbose")
_RARE = {
    "auth_method",
    "validate_certs",
    "api_version",
    "timeout",
    "connect_timeout",
    "retries",
    "max_retry_wait",
    "max_retry_total",
    "allowed_origins",
    "session_cache",
    "cache_dir",
    "edge_api",
    "protected_names",
}


@dataclass(frozen=True)
class SharedOption:
    """One shared option: ``name`` in Python, how it is spelled, its type, and whether help shows it."""

    name: str
    declarations: tuple[str, ...]
    annotation: Any
    summary: str
    metavar: str = ""
    rare: bool = False

    def parameter(self, *, hidden: bool) -> inspect.Parameter:
        """The same as a parameter of a typer command."""
        info = typer.Option(
            None,
            *self.declarations,
            help=self.summary,
            metavar=self.metavar or None,
            hidden=hidden or self.rare,
            show_default=False,
        )
        return inspect.Parameter(self.name, inspect.Parameter.KEYWORD_ONLY, default=info, annotation=self.annotation)


def _from_setting(option: Option) -> SharedOption:
    flag = "--" + option.name.replace("_", "-")
    rare = option.name in _RARE
    if option.type == "bool":
        return SharedOption(option.name, (f"{flag}/--no-{flag[2:]}",), bool | None, option.summary, rare=rare)
    metavar = "|".join(option.choices) or {"path": "PATH", "float": "NUMBER", "list": "LIST"}.get(option.type, "TEXT")
    return SharedOption(option.name, (flag,), str | None, option.summary, metavar, rare)


_OF_THE_PROGRAM: tuple[SharedOption, ...] = (
    SharedOption("insecure", ("--insecure",), bool | None, "Do not verify TLS certificates (validate_certs)."),
    SharedOption(
        "output", ("--output", "-o"), str | None, "Format of results (default: table).", "table|json|yaml|csv"
    ),
    SharedOption("context", ("--context",), str | None, "Context (named cloud) of the configuration file.", "NAME"),
    SharedOption("config", ("--config",), str | None, "Configuration file.", "PATH"),
    SharedOption("password_file", ("--password-file",), str | None, "File whose first line is the password.", "PATH"),
    SharedOption("password_stdin", ("--password-stdin",), bool | None, "Read the password from standard input."),
    SharedOption("verbose", ("--verbose", "-v"), bool | None, "Report each request on standard error."),
)  # fmt: skip

SHARED: tuple[SharedOption, ...] = (
    *[_from_setting(option) for option in OPTIONS if option.type != "secret"],
    *_OF_THE_PROGRAM,
)


def signature_with_shared(
    function: Callable[..., Any], *, skip: int, hidden: bool
) -> tuple[inspect.Signature, dict[str, Any]]:
    """(signature, annotations) of a typer command: ``ctx``, the function's own parameters, the shared options.

    ``skip`` leaves out that many leading parameters. A shared name that the function has itself is the function's.

    Raises: ConfigurationError when the function uses ``ctx``, which is taken.
    """
    own = list(inspect.signature(function, eval_str=True).parameters.values())[skip:]
    taken = {parameter.name for parameter in own}
    if "ctx" in taken:
        raise ConfigurationError(f"{function.__name__} must not have a parameter 'ctx': use Invocation.")
    parameters = [
        inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context),
        *[parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own],
        *[option.parameter(hidden=hidden) for option in SHARED if option.name not in taken],
    ]
    return inspect.Signature(parameters), {parameter.name: parameter.annotation for parameter in parameters}


def take_shared(arguments: dict[str, Any], *, own: set[str]) -> Mapping[str, Any]:
    """Remove the shared options from parsed arguments and return those that were given."""
    names = [option.name for option in SHARED if option.name not in own]
    given = {name: arguments.pop(name, None) for name in names}
    return {name: value for name, value in given.items() if value is not None}
