"""``vca context``."""

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

app = typer.Typer(help="Contexts: named clouds of the configuration file.", no_args_is_help=True)
_NAME = typer.Argument(..., metavar="NAME", help="Name of the context.")


@app.callback()
def context() -> None:
    """Contexts: named clouds of the configuration file."""


@app.command("list")
@connected
def list_contexts(run: Invocation) -> None:
    """List the contexts of the configuration file. An asterisk marks the current one.

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
        empty=f"{store.path} has no context. Run: vca context add NAME --url URL --org ORG",
    )


@app.command("current")
@connected
def current(run: Invocation) -> None:
    """Print the name of the context in use: of --context, VCA_CONTEXT, or the current one of the file.

    Example:
        vca context current
    """
    file = _store(run).read()
    name = run.options.get("context") or os.environ.get("VCA_CONTEXT") or file.current
    if not name:
        raise ConfigurationError("No context is in use.", hint=_how_to_choose(file))
    row = _row(str(name), file.context(str(name)), file)
    if run.is_table:
        write(row["name"])
    else:
        run.emit(row)


@app.command("use")
@connected
@changes
def use(run: Invocation, name: str = _NAME) -> None:
    """Make a context the current one. Commands use it unless --context or VCA_CONTEXT names another.

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
    replace: bool = typer.Option(False, "--replace", help="Replace a context of that name."),
    use_: bool = typer.Option(False, "--use", help="Make it the current context. The first one becomes it anyway."),
    password_command: str = typer.Option(
        None, "--password-command", metavar="COMMAND", help="Program that prints the password; run without a shell."
    ),
    password_keyring: str = typer.Option(
        None, "--password-keyring", metavar="SERVICE/USER", help="Entry of the system's keyring with the password."
    ),
    api_token_command: str = typer.Option(
        None, "--api-token-command", metavar="COMMAND", help="Program that prints the API token; run without a shell."
    ),
    api_token_keyring: str = typer.Option(
        None, "--api-token-keyring", metavar="SERVICE/USER", help="Entry of the system's keyring with the API token."
    ),
    ask_password: bool = typer.Option(
        False, "--ask-password", help="Ask for the password and store it: in the keyring entry, else in the file."
    ),
) -> None:
    """Add a context from the shared options, such as --url, --org, --username and --ca-path.

    With --password-file the context refers to that file. --password-stdin and --ask-password store the password: in the
    entry of --password-keyring, else in the configuration file, which only you can read. Without any of them, `vca
    login` asks for the password.

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
        store.refuse_taken(name)  # before anything is asked or put into the keyring
    values |= _stored_password(run, name, values, ask=ask_password)
    is_current = store.add(name, values, replace=replace, use=use_)
    say(f"Context {name!r} is in {store.path}{', and is the current one' if is_current else ''}.")
    if not is_current:
        say(f"Run: vca context use {name}")


@app.command("remove")
@connected
@changes
def remove(run: Invocation, name: str = _NAME) -> None:
    """Remove a context from the configuration file, and end the session that `vca login` keeps for it.

    Entries of the keyring stay.

    Example:
        vca context remove production
    """
    store = _store(run)
    store.read().context(name)
    _end_session(run, store.path, name)
    was_current = store.remove(name)
    say(f"Context {name!r} was removed from {store.path}.")
    if was_current:
        say(f"No context is current now. {_how_to_choose(store.read())}")


def _end_session(run: Invocation, path: Path, name: str) -> None:
    folders = {key: value for key, value in os.environ.items() if key in ("VCA_CACHE_DIR", "VCA_STATE_DIR")}
    with suppress(VcloudAirError):  # a broken context can be removed as well
        _, _, error = end_login(run.app(), Settings.load(environ=folders, config_file=path, context=name))
        if error is not None:
            say(f"Whether the session of context {name!r} was ended at the server is unknown: {error}")


def _store(run: Invocation) -> ContextStore:
    return ContextStore(config_file_path(os.environ, run.options.get("config")))


def _row(name: str, table: Mapping[str, Any], file: ConfigFile) -> dict[str, Any]:
    merged = dict(file.top) | dict(table)
    secrets = [*SOURCE_KEYS, "password", "api_token", "api_token_file", "token"]
    return {
        "name": name,
        "current": name == file.current,
        "url": merged.get("url") or server_of(None, merged.get("service_type")) or None,
        "org": merged.get("org"),
        "username": merged.get("username"),
        "service_type": merged.get("service_type"),
        "credentials": [key for key in secrets if merged.get(key)],
    }


def _how_to_choose(file: ConfigFile) -> str:
    if not file.contexts:
        return "Run: vca context add NAME --url URL --org ORG"
    return f"Run: vca context use NAME (available: {', '.join(file.contexts)})."


def _settings_of(run: Invocation) -> dict[str, Any]:
    """The settings among the shared options, in the types of TOML."""
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
    """The password to write into the file, if any. One for the keyring is put there."""
    if not (ask or run.options.get("password_stdin")):
        return {}
    if "password_command" in values or "password_file" in values:
        raise ConfigurationError("A password to store and a reference to one exclude each other.")
    if ask and run.options.get("password_stdin"):
        raise ConfigurationError("--ask-password and --password-stdin exclude each other.")
    password = _asked(values, name) if ask else password_of_options(run.options, run.stdin)
    if "password_keyring" not in values:
        return {"password": password}
    service, _, user = str(values["password_keyring"]).rpartition("/")
    try:
        load_keyring("password_keyring").set_password(service, user, password)
    except ConfigurationError:
        raise
    except Exception as exc:  # every backend has errors of its own
        raise ConfigurationError(
            f"The keyring did not take the password: {type(exc).__name__}.", hint="Unlock the keyring."
        ) from exc
    return {}


def _asked(values: Mapping[str, Any], name: str) -> str:
    import getpass

    if not sys.stdin.isatty():
        raise ConfigurationError("--ask-password needs a terminal.", hint="Use --password-stdin.")
    who = values.get("username", "the user")
    place = f"context {name!r} ({values.get('url', 'no url')})"
    password = getpass.getpass(visible(f"Password of {who} at {place}: "), stream=sys.stderr)
    if not password:
        raise ConfigurationError("No password was entered. Nothing was written.")
    return password


def _check(values: Mapping[str, Any]) -> None:
    """Refuse a context without a server, and references that contradict each other or are malformed."""
    from vcloudair_core.session.urls import normalize_url

    if values.get("url"):
        normalize_url(str(values["url"]))
    elif not server_of(None, values.get("service_type")):
        raise ConfigurationError("A context needs a url.", hint="Pass --url https://vcd.example.com")
    take_sources(values, origin="argument", folder=Path())
