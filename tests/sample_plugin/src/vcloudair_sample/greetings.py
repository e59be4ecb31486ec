"""The service and its resource kind: where greetings are (store), what they mean (kind)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from vcloudair_core import Plan
from vcloudair_core.engine.fields import fields_of, plain, spec_field
from vcloudair_core.engine.kind import Document
from vcloudair_core.engine.matching import LiveRule, refuse_doubles
from vcloudair_core.engine.parsing import Problems, Reader
from vcloudair_core.engine.rulelist import NamedSpec, RuleListKind, plan_desired

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
class GreetingSpec(NamedSpec):
    """One greeting as it is wanted."""

    name: str | None = spec_field("Name.", identity=True)
    text: str | None = spec_field("What is said.", absent="")


_LIST = RuleListKind("greeting", completed=lambda spec: replace(spec, text=spec.text or ""), is_ordered=False)


def _live(document: Document) -> list[LiveRule]:
    items = document.tree["greetings"]
    return [LiveRule(slot, GreetingSpec(item["name"], item["text"])) for slot, item in enumerate(items)]


class GreetingKind:
    """Greetings, told apart by their names. Everything but ``open`` is pure."""

    name = "sample.greeting"
    spec_type = GreetingSpec

    def open(self, session: Any, target: Mapping[str, Any]) -> GreetingStore:
        return GreetingStore(session)

    def parse(self, data: Mapping[str, Any]) -> GreetingSpec:
        problems = Problems()
        reader = Reader(data, "", problems)
        reader.refuse_unknown(fields_of(GreetingSpec))
        spec = GreetingSpec(reader.text("name"), reader.text("text"))
        if not spec.name:
            problems.add("name", "is required")
        problems.raise_if_any()
        return spec

    def validate(self, desired: Any) -> None:
        problems = Problems()
        refuse_doubles(desired.specs, [f"[{at}]" for at in range(len(desired.specs))], problems)
        problems.raise_if_any()

    def project(self, document: Document) -> list[dict[str, Any]]:
        return [plain(rule.spec) for rule in _live(document)]

    def plan(self, document: Document, desired: Any) -> Plan:
        listed = plan_desired(_LIST, _live(document), desired, desired.specs, in_order=False)
        return Plan(self.name, listed.changes, steps=listed.steps)

    def merge(self, document: Document, plan: Plan) -> Document:
        items = document.tree["greetings"]
        # What the server keeps beside name and text stays as it is.
        written = [{**({} if step.slot is None else items[step.slot]), **step.values()} for step in plan.steps]
        return Document("greetings", document.tree | {"greetings": written}, dialect=document.dialect)

    def losses(self, written: Document, found: Document) -> list[Mapping[str, Any]]:
        back = {item["name"] for item in found.tree["greetings"]}
        return [{"name": item["name"]} for item in written.tree["greetings"] if item["name"] not in back]
