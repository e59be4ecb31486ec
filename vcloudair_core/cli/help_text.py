"""Format the help of commands: usage, description, examples, options by topic."""

from __future__ import annotations

import functools
import inspect
import shlex
from collections.abc import Iterable, Iterator
from typing import Any

EXAMPLE = "Example:"
"""Heading of the examples in the docstring of a command. Each example is one line."""

OWN = "Options"
PANELS = ("Connection", "Sign-in", "Output", "Edge gateways", "Timeouts and retries", "Files", "Program")
"""Topics of the shared options, in the order in which the help shows them."""

_OPERATORS = (">", "|", "<", "&&", ";", "&", "2>")


def use_help_format(command: Any) -> Any:
    """Set this help format for a command and its subcommands. Returns the command."""
    command.format_usage = functools.partial(_write_usage, command)
    command.format_help = functools.partial(_write_help, command)
    for child in getattr(command, "commands", {}).values():
        use_help_format(child)
    return command


def text_and_examples(help_text: str | None) -> tuple[str, list[str]]:
    """Split the docstring of a command into text and examples."""
    text, _, examples = inspect.cleandoc(help_text or "").partition(f"\n{EXAMPLE}\n")
    return text.strip(), [line.strip() for line in examples.splitlines() if line.strip()]


def summary(help_text: str | None) -> str:
    """Return the first sentence of a command's docstring."""
    first = " ".join(text_and_examples(help_text)[0].partition("\n\n")[0].split())
    return f"{first.partition('. ')[0].rstrip('.')}."


def example_arguments(line: str) -> list[str]:
    """Return the arguments of ``vca`` in an example, up to the first shell operator."""
    arguments = shlex.split(line)[1:]
    end = next((index for index, argument in enumerate(arguments) if argument in _OPERATORS), len(arguments))
    return arguments[:end]


def argument_name(param: Any) -> str:
    """Format an argument for the usage line, such as ``[VM]...`` or ``TUNNEL``."""
    name = str(param.metavar or param.name).strip("[].").upper()
    repeated = "..." if param.nargs == -1 else ""
    return f"{name}{repeated}" if param.required else f"[{name}]{repeated}"


def option_name(param: Any) -> str:
    """Return the names and value of an option, such as ``-o, --output table|json``."""
    names = ", ".join(sorted(param.opts, key=lambda name: name.startswith("--")))
    if param.secondary_opts:
        return f"{names} / {', '.join(param.secondary_opts)}"
    return names if param.is_flag or param.count else f"{names} {param.metavar or 'TEXT'}"


def option_text(param: Any) -> str:
    """Return the help of an option.

    The default is appended if the help does not mention it.
    """
    text = param.help or ""
    default = param.default
    is_trivial = default is None or isinstance(default, bool) or default in ("", [], ()) or callable(default)
    if not is_trivial and "default" not in text:
        value = f"{default:g}" if isinstance(default, float) else default
        text = f"{text.rstrip('.')} (default: {value})."
    return f"{text} Required." if param.required and param.param_type_name == "option" else text


def options_by_panel(params: Iterable[Any], examples: Iterable[str] = ()) -> Iterator[tuple[str, list[Any]]]:
    """Yield each topic with its options.

    The first topic contains the options of the command and the options used in its examples. The other topics contain
    the remaining shared options.
    """
    common = {argument for line in examples for argument in example_arguments(line)}
    panels: dict[str, list[Any]] = {OWN: [], **{panel: [] for panel in PANELS}}
    for param in params:
        if param.param_type_name == "option" and not param.hidden:
            panel = getattr(param, "rich_help_panel", None) or (PANELS[-1] if param.name == "help" else OWN)
            panel = OWN if common.intersection(param.opts) else panel
            panels.setdefault(panel, []).append(param)
    yield from ((panel, options) for panel, options in panels.items() if options)


def _write_usage(command: Any, ctx: Any, formatter: Any) -> None:
    arguments = [argument_name(param) for param in command.params if param.param_type_name == "argument"]
    children = ["COMMAND [ARGS]..."] if getattr(command, "commands", None) or hasattr(command, "records") else []
    formatter.write_usage(ctx.command_path, " ".join(["[OPTIONS]", *arguments, *children]))


def _write_help(command: Any, ctx: Any, formatter: Any) -> None:
    command.format_usage(ctx, formatter)
    text, examples = text_and_examples(command.help)
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(text)
    if examples:
        with formatter.section("Examples"):
            for line in examples:
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")
    _write_commands(command, ctx, formatter)
    arguments = [param for param in command.params if param.param_type_name == "argument" and param.help]
    if arguments:
        with formatter.section("Arguments"):
            formatter.write_dl([(argument_name(param), param.help) for param in arguments])
    params = command.get_params(ctx)
    for panel, options in options_by_panel(params, () if hasattr(command, "records") else examples):
        with formatter.section(panel):
            formatter.write_dl([(option_name(param), option_text(param)) for param in options])
    command.format_epilog(ctx, formatter)


def _write_commands(command: Any, ctx: Any, formatter: Any) -> None:
    records = getattr(command, "records", None)
    if records is not None:
        rows = [(record.name, record.summary) for record in records.values()]
    else:
        children = getattr(command, "commands", {})
        rows = [(name, summary(child.help)) for name, child in children.items() if not child.hidden]
    if rows:
        with formatter.section("Commands"):
            formatter.write_dl(rows)
