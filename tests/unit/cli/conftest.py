"""Fixtures that run commands in this process, with a fake client."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from vcloudair_core.cli.invocation import Invocation
from vcloudair_core.cli.main import run
from vcloudair_core.plugin.manager import PluginManager
from vcloudair_core.session.auth import plugin as sign_in
from vcloudair_core.settings.settings import Settings


class Result:
    """Exit code and output of a run."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


Vca = Callable[..., Result]
"""Function that runs a command line in this process."""


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Remove VCA_* variables, configuration files and external plugins."""
    for name in [name for name in os.environ if name.startswith("VCA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(PluginManager, "load_entry_points", lambda self: self.register(sign_in, "sign_in"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def vca(capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Return a function: ``vca("edge", "list")`` runs a command line in this process."""

    def call(*arguments: str) -> Result:
        code = run(arguments)
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


class FakeSession:
    """A fake session with an identity."""

    def __init__(self, identity: Any = None) -> None:
        self.identity = identity
        self.kept = None
        self.expires_at = 1_800_000_000.0
        self.done: list[str] = []
        self.logout_error = None

    def login(self) -> Any:
        self.done.append("login")
        return self.identity

    def logout(self) -> bool:
        self.done.append("logout")
        return self.identity is not None


class FakeClient:
    """A fake client with predefined edge gateways and resources."""

    def __init__(self, *, edges: Any = (), resources: Mapping[str, Any] | None = None, identity: Any = None) -> None:
        self._listed = edges
        self.resources = dict(resources or {})
        self.session = FakeSession(identity)
        self.settings = Settings.load({}, environ={})
        self.asked: list[Any] = []
        self.leases: list[Any] = []
        self.closed = 0

    def __enter__(self) -> FakeClient:
        return self

    def __exit__(self, *_: Any) -> None:
        self.closed += 1

    @property
    def edges(self) -> FakeClient:
        return self

    def list_edges(self, vdc: str | None = None) -> Any:
        self.asked.append(vdc)
        return _or_raise(self._listed)

    def dhcp_leases(self, edge: str, vdc: str | None = None) -> list[Any]:
        self.asked.append((edge, vdc))
        return self.leases

    def load_balancer_status(self, edge: str, vdc: str | None = None) -> Any:
        self.asked.append((edge, vdc))
        return _or_raise(self.resources["load_balancer_status"])

    def addresses(self, edge: str, vdc: str | None = None) -> Any:
        self.asked.append((edge, vdc))
        return _or_raise(self.resources["addresses"])

    def list_groups(self, **target: str) -> Any:
        self.asked.append(target)
        return _or_raise(self.resources["groups"])

    def read(self, kind: str, target: Mapping[str, Any] | None = None) -> Any:
        self.asked.append((kind, dict(target or {})))
        return _or_raise(self.resources[kind])


def _or_raise(value: Any) -> Any:
    if isinstance(value, Exception):
        raise value
    return value


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeClient]:
    """Return a factory: ``client(edges=[...])`` sets the client of the commands."""

    def make(**contents: Any) -> FakeClient:
        fake = FakeClient(**contents)

        def open_client(self: Invocation, settings: Settings | None = None) -> FakeClient:
            fake.settings = settings or self.settings()
            return fake

        monkeypatch.setattr(Invocation, "client", open_client)
        monkeypatch.setattr(Invocation, "login_client", open_client)
        return fake

    return make
