"""Tests of the client: services and kinds by name, rejection of invalid input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

from vcloudair_core.app import App
from vcloudair_core.client import Client
from vcloudair_core.engine.kind import Document, ResourceKind, Store
from vcloudair_core.errors import PluginError, SpecError
from vcloudair_core.plugin.records import KindRecord, ServiceRecord
from vcloudair_core.session.session import Session
from vcloudair_core.settings.settings import Settings


class FakeSession:
    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


class FakeStore(Store):
    target = "thing t"
    lock_key = "https://h:443/thing/t"

    def read(self) -> Document:
        return Document("things", "document")

    def commit(self, base: Document, document: Document) -> None:
        raise AssertionError("nothing is to be written")


class FakeKind(ResourceKind):
    name = "sample.thing"
    spec_type = dict

    def __init__(self) -> None:
        self.opened: list[Mapping[str, Any]] = []

    def open(self, session: Any, target: Mapping[str, Any]) -> Any:
        self.opened.append(target)
        return FakeStore()

    def parse(self, data: Mapping[str, Any]) -> Any:
        return dict(data)

    def project(self, document: Any) -> Any:
        return {"read": document.tree}

    def plan(self, document: Any, desired: Any) -> Any:
        raise AssertionError("nothing is to be planned")

    def merge(self, document: Any, plan: Any) -> Any:
        raise AssertionError("nothing is to be merged")


def _client(kind: FakeKind, session: FakeSession | None = None) -> Client:
    return Client(
        Settings.load({}, environ={}),
        cast(Session, session or FakeSession()),
        services={"sample": ServiceRecord("sample", "A sample", lambda opened: [opened])},
        kinds={"sample.thing": KindRecord("sample.thing", "sample", "A thing", lambda: cast(Any, kind))},
    )


def test_a_kind_that_is_not_a_resource_kind_is_refused() -> None:
    with pytest.raises(PluginError, match="'sample.thing' cannot be used. Its plugin returned a 'object'") as caught:
        _client(cast(Any, object())).kind("sample.thing")
    assert "vcloudair_core.plugins.ResourceKind" in caught.value.hint


def test_a_store_that_is_not_a_store_is_refused() -> None:
    class Broken(FakeKind):
        def open(self, session: Any, target: Mapping[str, Any]) -> Any:
            return object()

    client = _client(Broken())
    with pytest.raises(PluginError, match="'sample.thing' cannot be used. It opened a 'object'") as caught:
        client.read("sample.thing")
    assert "vcloudair_core.plugins.Store" in caught.value.hint
    with pytest.raises(PluginError, match="It opened a 'object'"):
        client.ensure("sample.thing", {})


def test_a_service_is_made_once() -> None:
    client = _client(FakeKind())
    assert client.service("sample") is client.service("sample")


def test_read_projects_the_document_of_the_target() -> None:
    kind = FakeKind()
    assert _client(kind).read("sample.thing", {"edge": "e"}) == {"read": "document"}
    assert kind.opened == [{"edge": "e"}]


@pytest.mark.parametrize(("name", "phrase"), [("sample.thng", "Did you mean 'sample.thing'"), ("x", "Use one of: ")])
def test_an_unknown_kind_is_an_error_that_lists_the_kinds(name: str, phrase: str) -> None:
    with pytest.raises(PluginError, match=phrase):
        _client(FakeKind()).read(name)


BUILT_IN = {"edges": "ans", "query": "query", "metrics": "metrics", "dr": "dr"}


@pytest.mark.parametrize("attribute", BUILT_IN)
def test_a_built_in_service_has_an_attribute_of_its_type(attribute: str, vca_client: Client) -> None:
    service = getattr(vca_client, attribute)
    assert service is vca_client.service(BUILT_IN[attribute])
    declared = vars(Client)[attribute].fget.__annotations__["return"]
    assert type(service).__name__ == declared


@pytest.mark.parametrize("attribute", BUILT_IN)
def test_a_built_in_service_whose_plugin_is_switched_off_is_an_error(attribute: str) -> None:
    app = App(environ={"VCA_DISABLE_PLUGINS": BUILT_IN[attribute]})
    with (
        app.client(url="https://localhost:1", username="u", password="p", org="o", session_cache=False) as client,
        pytest.raises(PluginError, match=f"Unknown service: '{BUILT_IN[attribute]}'"),
    ):
        getattr(client, attribute)


def test_an_unknown_service_is_an_error() -> None:
    with pytest.raises(PluginError, match="Unknown service: 'nothing'"):
        _client(FakeKind()).service("nothing")


def test_invalid_input_does_not_open_the_target() -> None:
    kind = FakeKind()
    client = _client(kind)
    with pytest.raises(SpecError, match="state: 'gone' is not one of present, absent, exact"):
        client.ensure("sample.thing", {}, state="gone")
    with pytest.raises(SpecError, match=r"\[1\]: a mapping was expected, not a string"):
        client.ensure("sample.thing", cast(Any, [{}, "rule"]))
    assert kind.opened == []


def test_leaving_the_context_closes_the_session() -> None:
    session = FakeSession()
    with _client(FakeKind(), session):
        pass
    assert session.closed == 1


def test_the_problems_of_all_specs_are_reported_together() -> None:
    class Strict(FakeKind):
        def parse(self, data: Mapping[str, Any]) -> Any:
            raise SpecError("name", f"{data['name']!r} is taken")

    specs: list[Any] = [{"name": "a"}, "text", {"name": "b"}]
    with pytest.raises(SpecError) as caught:
        _client(Strict()).ensure("sample.thing", specs)
    assert caught.value.message == (
        "[0].name: 'a' is taken; [1]: a mapping was expected, not a string; [2].name: 'b' is taken"
    )
