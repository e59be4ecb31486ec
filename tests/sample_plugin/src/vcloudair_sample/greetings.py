"""The service and its resource kind: where greetings are (store), what they mean (kind)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vcloudair_core import Absent, Change, Exactly, Plan, SpecError
from vcloudair_core.engine.fields import diff_fields, plain, spec_field
from vcloudair_core.engine.kind import Document

_PATH = "/api/sample/greetings"


class Greetings:
    """What ``client.service("greetings")`` gives."""

    def __init__(self, session: Any) -> None:
        self._store = GreetingStore(session)

    def names(self) -> list[str]:
        """Names of all greetings. Raises every error of a session's call."""
        return [item["name"] for item in self._store.read().tree["greetings"]]


class GreetingStore:
    """Reads and writes the one list of greetings. The only place that knows the URL."""

    target = "the greetings"

    def __init__(self, session: Any) -> None:
        self._session = session

    @property
    def lock_key(self) -> str:
        return str(self._session.url(_PATH))

    @property
    def _accept(self) -> str:
        # A vCloud Director answers nothing to a request that does not say which version of the API it speaks.
        return f"application/json;version={self._session.identity.api_version}"

    def read(self) -> Document:
        answer = self._session.call("GET", _PATH, accept=self._accept)
        return Document("greetings", json.loads(answer.body), dialect="json")

    def commit(self, document: Document) -> None:
        body = json.dumps(document.tree).encode()
        self._session.call("PUT", _PATH, accept=self._accept, content_type="application/json", body=body)


@dataclass(frozen=True)
class GreetingSpec:
    """One greeting as it is wanted."""

    name: str = spec_field("Name.", identity=True)
    text: str | None = spec_field("What is said.")


class GreetingKind:
    """Greetings, told apart by their names. Everything but ``open`` is pure."""

    name = "sample.greeting"
    spec_type = GreetingSpec

    def open(self, session: Any, target: Mapping[str, Any]) -> GreetingStore:
        return GreetingStore(session)

    def parse(self, data: Mapping[str, Any]) -> GreetingSpec:
        unknown = set(data) - {"name", "text"}
        if unknown:
            raise SpecError(sorted(unknown)[0], "is not known", hint="A greeting has a name and a text.")
        if not data.get("name"):
            raise SpecError("name", "is required")
        return GreetingSpec(name=str(data["name"]), text=data.get("text"))

    def project(self, document: Document) -> list[dict[str, Any]]:
        return [{"name": item["name"], "text": item["text"]} for item in document.tree["greetings"]]

    def plan(self, document: Document, desired: Any) -> Plan:
        current = {item["name"]: GreetingSpec(item["name"], item["text"]) for item in document.tree["greetings"]}
        wanted = {spec.name: spec for spec in desired.specs}
        changes: list[Change] = []
        if isinstance(desired, Absent):
            doomed = [name for name in current if name in wanted]
            return self._plan([Change("delete", name, before=plain(current[name])) for name in doomed])
        for name, spec in wanted.items():
            if name not in current:
                changes.append(Change("create", name, after={"name": name, "text": spec.text or ""}))
            elif changed := diff_fields(current[name], spec):
                after = plain(current[name]) | {field: new for field, (_, new) in changed.items()}
                changes.append(Change("update", name, plain(current[name]), after, fields=tuple(changed)))
        if isinstance(desired, Exactly):
            changes += [Change("delete", name, before=plain(current[name])) for name in current if name not in wanted]
        return self._plan(changes)

    def _plan(self, changes: list[Change]) -> Plan:
        return Plan(self.name, tuple(changes), target=GreetingStore.target)

    def merge(self, document: Document, plan: Plan) -> Document:
        items = {item["name"]: dict(item) for item in document.tree["greetings"]}
        for change in plan.changes:
            if change.after is None:
                del items[change.identity]
            else:
                # What the server keeps beside name and text stays as it is.
                items[change.identity] = items.get(change.identity, {}) | dict(change.after)
        return Document("greetings", document.tree | {"greetings": list(items.values())}, dialect=document.dialect)
