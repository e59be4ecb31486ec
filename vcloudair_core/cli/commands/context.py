"""The command group ``vca context``."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import typer

from vcloudair_core.cli.context_store import ContextStore
from vcloudair_core.cli.display.output import say, write
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.invocation import Invocation, changes, connected
from vcloudair_core.cli.kept_session import end_login
from vcloudair_core.cli.passwords import password_of_options
from vcloudair_core.cli.shared_options import PROGRAM_OPTIONS
from vcloudair_core.errors import ConfigurationError, VcloudAirError
from vcloudair_core.settings.config_file import ConfigFile
from vcloudair_core.settings.layers import from_arguments
from vcloudair_core.settings.options import BY_NAME, typed_value
from vcloudair_core.settings.secret_sources import SOURCE_KEYS, load_keyring, take_sources
from vcloudair_core.settings.settings import Settings, config_file_path, server_of
from vcloudair_core.util.escaping import visible

app = typer.Typer(help="Manage contexts, which are named clouds in the configuration file.", no_args_is_help=True)
_NAME = typer.Argument(..., metavar="NAME", help="Name of the context.")


@app.callback()
def context() -> None:
    """Manage contexts, which are named clouds in the configuration file."""


@app.command("list")
@connected
def list_contexts(run: Invocation) -> None:
    """List the contexts in the configuration file.

    An asterisk marks the current context.

    Example:
        vca context list
    """
    store = _store(run)
    file = store.read()
    run.emit(
        [_row(name, table, file) for name, table in file.contexts.items()],
        columns=[
            Column("current", keep=True, priority=0, show=lambda row: "*" if row["current"] else ""),
            Column("name", keep=True, priority=0),
            Column("url", keep=True, priority=1),
            Column("org", keep=True, priority=2),
            Column("username", keep=True, priority=3),
            Column("credentials", priority=4),
        ],
        empty=f"No contexts in '{store.path}'. Run: vca context add NAME --url URL --org ORG",
    )


@app.command("current")
@connected
def current(run: Invocation) -> None:
    """Print the name of the context in use.

    The option --context takes precedence over VCA_CONTEXT. Both take precedence over the current context of the file.

    Example:
        vca context current
    """
    file = _store(run).read()
    name = run.options.get("context") or os.environ.get("VCA_CONTEXT") or file.current
    if not name:
        raise ConfigurationError("No context is in use.", hint=_choose_hint(file))
    row = _row(str(name), file.context(str(name)), file)
    if run.is_table:
        write(row["name"])
    else:
        run.emit(row)


@app.command("use")
@connected
@changes
def use(run: Invocation, name: str = _NAME) -> None:
    """Set the current context.

    Commands use this context unless you set --context or VCA_CONTEXT.

    Example:
        vca context use production
    """
    store = _store(run)
    store.use(name)
    say(f"Current context: {name} ({store.read().contexts[name].get('url', 'no url')}).")


@app.command("add")
@connected
@changes
def add(
    run: Invocation,
    name: str = _NAME,
    replace: bool = typer.Option(False, "--replace", help="Replace an existing context with this name."),
    use_: bool = typer.Option(
        False, "--use", help="Make this context the current context. The first context always becomes current."
    ),
    password_command: str = typer.Option(
        None, "--password-command", metavar="COMMAND", help="Command that prints the password. Runs without a shell."
    ),
    password_keyring: str = typer.Option(
        None, "--password-keyring", metavar="SERVICE/USER", help="Entry of the system keyring with the password."
    ),
    api_token_command: str = typer.Option(
        None, "--api-token-command", metavar="COMMAND", help="Command that prints the API token. Runs without a shell."
    ),
    api_token_keyring: str = typer.Option(
        None, "--api-token-keyring", metavar="SERVICE/USER", help="Entry of the system keyring with the API token."
    ),
    ask_password: bool = typer.Option(
        False, "--ask-password", help="Prompt for the password, and store it in the keyring entry or the file."
    ),
) -> None:
    """Add a context from command-line options, such as --url and --org.

    With --password-file, the context stores the path of the file. --password-stdin and --ask-password store the
    password in the keyring entry of --password-keyring. If you do not pass --password-keyring, the password is stored
    in the configuration file, which only you can read. If you pass no password option, `vca login` prompts for the
    password.

    Example:
        vca context add production --url https://vcd.example.com --org acme --username ops
    """
    store = _store(run)
    values = _settings_of(run)
    references = {
        "password_command": password_command,
        "password_keyring": password_keyring,
        "api_token_command": api_token_command,
        "api_token_keyring": api_token_keyring,
        "password_file": run.options.get("password_file"),
    }
    values |= {key: _as_stored(key, value) for key, value in references.items() if value}
    _check(values)
    if not replace:
        store.check_new_name(name)  # before the prompt and the keyring
    values |= _stored_password(run, name, values, ask=ask_password)
    is_current = store.add(name, values, replace=replace, use=use_)
    say(f"Saved context {name!r} in {store.path}{' as the current context' if is_current else ''}.")
    if not is_current:
        say(f"Run `vca context use {name}` to use this context by default.")


@app.command("remove")
@connected
@changes
def remove(run: Invocation, name: str = _NAME) -> None:
    """Remove a context from the configuration file.

    Also ends the session that `vca login` keeps for the context. Does not remove keyring entries.

    Example:
        vca context remove production
    """
    store = _store(run)
    store.read().context(name)
    _end_session(run, store.path, name)
    was_current = store.remove(name)
    say(f"Removed context {name!r} from {store.path}.")
    if was_current:
        say(f"There is no current context now. {_choose_hint(store.read())}")


def _end_session(run: Invocation, path: Path, name: str) -> None:
    folders = {key: value for key, value in os.environ.items() if key in ("VCA_CACHE_DIR", "VCA_STATE_DIR")}
    with suppress(VcloudAirError):  # an invalid context can be removed too
        _, _, error = end_login(run.app(), Settings.load(environ=folders, config_file=path, context=name))
        if error is not None:
            say(f"Warning: Ending the session of context {name!r} failed. The session may still be open. {error}")


def _store(run: Invocation) -> ContextStore:
    return ContextStore(config_file_path(os.environ, run.options.get("config")))


def _row(name: str, table: Mapping[str, Any], file: ConfigFile) -> dict[str, Any]:
    merged = dict(file.top) | dict(table)
    secrets = [*SOURCE_KEYS, "password", "api_token", "api_token_file", "token", "saml_token"]
    return {
        "name": name,
        "current": name == file.current,
        "url": merged.get("url") or server_of(None, merged.get("service_type")) or None,
        "org": merged.get("org"),
        "username": merged.get("username"),
        "service_type": merged.get("service_type"),
        "credentials": [key for key in secrets if merged.get(key)],
    }


def _choose_hint(file: ConfigFile) -> str:
    if not file.contexts:
        return "Run: vca context add NAME --url URL --org ORG"
    return f"Run: vca context use NAME (available: {', '.join(file.contexts)})."


def _settings_of(run: Invocation) -> dict[str, Any]:
    """Return the settings that shared options set, by setting name.

    The values have types that TOML supports.
    """
    arguments = {name: value for name, value in run.options.items() if name not in PROGRAM_OPTIONS}
    if run.options.get("insecure"):
        arguments["validate_certs"] = False
    values = {name: typed_value(BY_NAME[name], *pair) for name, pair in from_arguments(arguments).items()}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _as_stored(key: str, value: str) -> Any:
    if key.endswith("_command"):
        try:
            return shlex.split(value)
        except ValueError as exc:
            raise ConfigurationError(f"Invalid --{key.replace('_', '-')}: {exc}.") from exc
    return os.path.abspath(os.path.expanduser(value)) if key.endswith("_file") else value  # noqa: PTH100, PTH111


def _stored_password(run: Invocation, name: str, values: Mapping[str, Any], *, ask: bool) -> dict[str, Any]:
    """Return the password entry to write to the configuration file.

    The entry is ``{"password": "..."}``, or empty if no password is set. If ``values`` contains ``password_keyring``,
    the password is stored in the keyring and the entry is empty.
    """
    if not (ask or run.options.get("password_stdin")):
        return {}
    if "password_command" in values or "password_file" in values:
        raise ConfigurationError("You cannot store a password and also set a password file or command.")
    if ask and run.options.get("password_stdin"):
        raise ConfigurationError("You cannot use --ask-password and --password-stdin together.")
    password = _prompt(values, name) if ask else password_of_options(run.options, run.stdin)
    if "password_keyring" not in values:
        return {"password": password}
    service, _, user = str(values["password_keyring"]).rpartition("/")
    try:
        load_keyring("password_keyring").set_password(service, user, password)
    except ConfigurationError:
        raise
    except Exception as exc:  # each keyring backend has other errors
        raise ConfigurationError(
            f"Storing the password in the keyring failed ({type(exc).__name__}).", hint="Unlock the keyring."
        ) from exc
    return {}


def _prompt(values: Mapping[str, Any], name: str) -> str:
    import getpass

    if not sys.stdin.isatty():
        raise ConfigurationError("--ask-password requires a terminal.", hint="Use --password-stdin.")
    who = values.get("username", "the user")
    place = f"context {name!r} ({values.get('url', 'no url')})"
    password = getpass.getpass(visible(f"Password for {who} at {place}: "), stream=sys.stderr)
    if not password:
        raise ConfigurationError("No password was entered. Nothing was written.")
    return password


def _check(values: Mapping[str, Any]) -> None:
    """Raise ConfigurationError if the server or a secret reference is invalid."""
    from vcloudair_core.session.urls import normalize_url

    if values.get("url"):
        normalize_url(str(values["url"]))
    elif not server_of(None, values.get("service_type")):
        raise ConfigurationError("A context requires a URL.", hint="Pass --url, such as --url https://vcd.example.com")
    take_sources(values, origin="argument", folder=Path())
