"""An in-memory backend with one API call per object, and its kind and store.

The backend resembles an NSX-T edge firewall. Each rule has a version and an ID, which is a string. A call creates,
changes or deletes one rule. One call for the whole list changes the order of existing rules. The addresses of rules are
separate objects. An address set is created before the first rule that refers to the set, and deleted after the last
such rule.

Source: protocol/nsxt.md §3, §5.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vcloudair_core.engine.canonical import address_set
from vcloudair_core.engine.desired import Absent, Desired, Exactly
from vcloudair_core.engine.fields import plain, spec_field
from vcloudair_core.engine.kind import Document, ResourceKind, StageableStore
from vcloudair_core.engine.matching import LiveRule, named_rules
from vcloudair_core.engine.plan import Plan
from vcloudair_core.engine.rulelist import RuleListKind, plan_desired
from vcloudair_core.engine.validation import Problems, Reader, item_paths
from vcloudair_core.errors import ConflictError, InvalidRequestError, NotFoundError, SpecProblem, VcloudAirError
from vcloudair_core.util.clock import FakeClock

OBJECTS, SECTIONS = "nsxt", "nsxv"
_MANAGED = "vca-"


# -- the server ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LostResponse:
    """An event: the server carries out the call, but the response is lost."""

    failure: VcloudAirError


Event = VcloudAirError | LostResponse | Callable[["ObjectServer"], None] | None
"""Event during a write: an error, a lost response, a function to call, or None."""


class ObjectServer:
    """An edge gateway with rules and address sets.

    ``script`` contains one event for each future write. ``log`` contains every call.
    """

    def __init__(self, *rules: str) -> None:
        self.rules: list[dict[str, Any]] = []
        self.sets: dict[str, dict[str, Any]] = {}
        self.log: list[str] = []
        self.script: list[Event] = []
        self._numbers = itertools.count(1)
        for name in rules:
            self.add(name, "10.0.0.1")

    @property
    def names(self) -> list[str]:
        """The names of the rules in order."""
        return [rule["name"] for rule in self.rules]

    @property
    def writes(self) -> list[str]:
        """The calls that are not reads."""
        return [call for call in self.log if not call.startswith("GET")]

    def rule(self, name: str) -> dict[str, Any]:
        """Return the rule with this name."""
        return next(rule for rule in self.rules if rule["name"] == name)

    def add(self, name: str, *addresses: str, **fields: Any) -> None:
        """Add a rule as another user, with its address set and with unknown fields."""
        set_id = self._new_id("firewallGroup")
        self.sets[set_id] = {"name": f"set of {name}", "addresses": list(addresses)}
        rule = {"id": self._new_id("rule"), "name": name, "sets": [set_id], "active": True, "version": 0}
        self.rules.append({**rule, "comments": f"ticket of {name}", **fields})

    def change(self, name: str, **fields: Any) -> None:
        """Change a rule as another user."""
        rule = self.rule(name)
        rule.update(fields, version=rule["version"] + 1)

    def remove(self, name: str) -> None:
        """Delete a rule as another user."""
        self.rules.remove(self.rule(name))

    # -- calls

    def list_rules(self) -> list[dict[str, Any]]:
        self.log.append("GET rules")
        return copy.deepcopy(self.rules)

    def list_sets(self) -> dict[str, dict[str, Any]]:
        self.log.append("GET sets")
        return copy.deepcopy(self.sets)

    def create_set(self, name: str, addresses: Sequence[str]) -> str:
        def create() -> str:
            set_id = self._new_id("firewallGroup")
            self.sets[set_id] = {"name": name, "addresses": list(addresses)}
            return set_id

        set_id: str = self._write(f"POST set {','.join(addresses)}", create)
        return set_id

    def delete_set(self, set_id: str) -> None:
        def delete() -> None:
            if any(set_id in rule["sets"] for rule in self.rules):
                raise InvalidRequestError("The group is in use.", status=400)
            del self.sets[set_id]

        self._write(f"DELETE set {','.join(self.sets[set_id]['addresses'])}", delete)

    def create_rule(self, body: Mapping[str, Any], before: str | None) -> None:
        def create() -> None:
            place = len(self.rules) if before is None else self._place(before)
            self.rules.insert(place, {**body, "id": self._new_id("rule"), "version": 0})

        self._write(f"POST rule {body['name']}", create)

    def update_rule(self, body: Mapping[str, Any]) -> None:
        def update() -> None:
            place = self._place(body["id"])
            if self.rules[place]["version"] != body["version"]:
                raise ConflictError("The version of the rule is stale.", status=409)
            self.rules[place] = {**body, "version": body["version"] + 1}

        self._write(f"PUT rule {body['name']}", update)

    def delete_rule(self, rule_id: str, name: str) -> None:
        self._write(f"DELETE rule {name}", lambda: self.rules.pop(self._place(rule_id)) and None)

    def order_rules(self, rule_ids: Sequence[str]) -> None:
        def order() -> None:
            if sorted(rule_ids) != sorted(rule["id"] for rule in self.rules):
                raise ConflictError("Rules came or went.", status=409)
            self.rules.sort(key=lambda rule: rule_ids.index(rule["id"]))

        self._write("PUT order", order)

    def _write(self, call: str, carry_out: Callable[[], Any]) -> Any:
        event = self.script.pop(0) if self.script else None
        if callable(event):
            event(self)
        self.log.append(call)
        if isinstance(event, VcloudAirError):
            raise event
        result = carry_out()
        if isinstance(event, LostResponse):
            raise event.failure
        return result

    def _place(self, rule_id: str) -> int:
        for place, rule in enumerate(self.rules):
            if rule["id"] == rule_id:
                return place
        raise NotFoundError(f"There is no rule {rule_id}.", status=404)

    def _new_id(self, kind: str) -> str:
        digits = hashlib.sha256(f"{kind} {next(self._numbers)}".encode()).hexdigest()
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"


# -- the store -----------------------------------------------------------------------------------------------------


class ObjectStore(StageableStore):
    """A store whose documents are tuples of rules. New rules have no ID."""

    section = "rules"
    target = "edge gateway web-edge"
    lock_key = "https://h:443/edge/web-edge"
    lasting_target = {"edge": "web-edge"}
    is_written_whole = False

    def __init__(self, server: ObjectServer, backend: str = OBJECTS) -> None:
        self.server = server
        self.backend = backend
        self.clock = FakeClock()
        self._has_sent = False

    def read(self) -> Document:
        sets = self.server.list_sets()
        rules = [dict(rule) for rule in self.server.list_rules()]
        for rule in rules:
            rule["addresses"] = [address for set_id in rule["sets"] for address in sets[set_id]["addresses"]]
        return Document(self.section, tuple(rules), backend=self.backend)

    def commit(self, base: Document, document: Document) -> None:
        """Send the calls for the difference between the documents.

        If a call after the first call fails, ``written`` of the error is True.
        """
        self._has_sent = False
        known = {rule["id"]: rule for rule in base.tree}
        kept = [rule["id"] for rule in document.tree if "id" in rule]
        sets = self.server.list_sets()
        for rule in document.tree:
            if rule.get("id") in known and rule != known[rule["id"]]:
                self._send(self.server.update_rule, self._body(rule, known[rule["id"]], sets))
        for place, rule in enumerate(document.tree):
            if "id" not in rule:
                following = next((after["id"] for after in document.tree[place:] if "id" in after), None)
                self._send(self.server.create_rule, self._body(rule, None, sets), following)
        for rule_id, rule in known.items():
            if rule_id not in kept:
                self._send(self.server.delete_rule, rule_id, rule["name"])
        if kept != [rule_id for rule_id in known if rule_id in kept]:
            self._send(self.server.order_rules, self._whole_order(document))
        used = {set_id for rule in self.server.list_rules() for set_id in rule["sets"]}
        for set_id, group in self.server.list_sets().items():
            if group["name"].startswith(_MANAGED) and set_id not in used:
                with contextlib.suppress(InvalidRequestError):  # another client uses it now
                    self._send(self.server.delete_set, set_id)

    def dump(self, document: Document) -> bytes:
        return json.dumps(document.tree).encode()

    def load(self, body: bytes) -> Document:
        return Document(self.section, tuple(json.loads(body)), backend=self.backend)

    def _body(
        self, rule: Mapping[str, Any], before: Mapping[str, Any] | None, sets: dict[str, dict[str, Any]]
    ) -> dict[str, Any]:
        body = {name: value for name, value in rule.items() if name != "addresses"}
        if before is not None and rule["addresses"] == before["addresses"]:
            return body
        content = sorted(rule["addresses"])
        name = _MANAGED + hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
        known = next((set_id for set_id, group in sets.items() if group["name"] == name), None)
        if known is None:
            known = self._send(self.server.create_set, name, content)
            sets[known] = {"name": name, "addresses": content}
        return {**body, "sets": [known]}

    def _whole_order(self, document: Document) -> list[str]:
        """Return the IDs of all rules in their new order, including new rules."""
        names = [rule["name"] for rule in document.tree]
        return [rule["id"] for rule in sorted(self.server.list_rules(), key=lambda rule: names.index(rule["name"]))]

    def _send(self, call: Callable[..., Any], *arguments: Any) -> Any:
        try:
            result = call(*arguments)
        except VcloudAirError as exc:
            exc.written = exc.written or self._has_sent or None
            raise
        self._has_sent = True
        return result


# -- the kind ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ObjectRule:
    """A rule. Only one of two backends supports ``source_port``."""

    name: str | None = spec_field("Name.", identity=True)
    rule_id: str | None = spec_field("Id.", read_only=True)
    source: tuple[str, ...] | None = spec_field("Addresses.", canonical=address_set)
    source_port: str | None = spec_field("Source port.")
    enabled: bool | None = spec_field("Switch.")
    position: str | None = spec_field("Place.", input_only=True)

    tag = before = after = index = None
    match_by = "name"


_RULES = RuleListKind(
    "rule", lambda spec: replace(spec, source=spec.source or ("any",), enabled=spec.enabled is not False)
)


class ObjectRuleKind(ResourceKind):
    """A kind that converges single rules on one of two backends."""

    name = "sample.rule"
    spec_type = ObjectRule

    def __init__(self, store: ObjectStore) -> None:
        self.store = store

    def open(self, session: Any, target: Mapping[str, Any]) -> ObjectStore:
        return self.store

    def parse(self, data: Mapping[str, Any]) -> ObjectRule:
        problems = Problems()
        reader = Reader(data, "", problems)
        reader.refuse_unknown(("name", "rule_id", "source", "source_port", "enabled", "position"))
        source = reader.items("source")
        spec = ObjectRule(
            reader.text("name"), reader.text("rule_id"), None if source is None else tuple(item for _, item in source),
            reader.text("source_port"), reader.boolean("enabled"), reader.text("position"),
        )  # fmt: skip
        problems.raise_if_any()
        return spec

    def unsupported(self, desired: Desired, backend: str) -> list[SpecProblem]:
        if backend != OBJECTS or isinstance(desired, Absent):
            return []
        problems = Problems()
        for path, spec in zip(item_paths(len(desired.specs)), desired.specs, strict=True):
            at = f"{path}." if path else ""
            for position, address in enumerate(spec.source or ()):
                if address.startswith("vnic-"):
                    problems.add(
                        f"{at}source[{position}]",
                        f"{address!r} is not available on an NSX-T edge gateway",
                        "Name networks or addresses.",
                    )
            if spec.source_port is not None:
                problems.add(f"{at}source_port", "is not available on an NSX-T edge gateway", "Leave source_port out.")
        return problems.items

    def resolve(self, store: Any, desired: Desired) -> Desired:
        """Replace ``set:NAME`` with the addresses of the set. Makes one call."""
        if not any(word.startswith("set:") for spec in desired.specs for word in spec.source or ()):
            return desired
        sets = {group["name"]: group["addresses"] for group in store.server.list_sets().values()}
        return replace(desired, specs=tuple(_with_addresses(spec, sets) for spec in desired.specs))

    def project(self, document: Document) -> list[dict[str, Any]]:
        return [plain(rule.spec) for rule in _live(document)]

    def select(self, document: Document, desired: Desired) -> list[dict[str, Any]]:
        return [plain(rule.spec) for rule in named_rules(_RULES.noun, _live(document), desired.specs)]

    def plan(self, document: Document, desired: Desired) -> Plan:
        list_plan = plan_desired(
            _RULES, _live(document), desired, desired.specs, in_order=isinstance(desired, Exactly), allow_empty=True
        )
        return Plan(self.name, list_plan.changes, steps=list_plan.steps)

    def merge(self, document: Document, plan: Plan) -> Document:
        rules = []
        for step in plan.steps:
            rule = {} if step.slot is None else document.tree[step.slot]
            values = {_WIRE[name]: value for name, value in step.values().items() if name in _WIRE}
            if "addresses" in values:
                values["addresses"] = list(values["addresses"])
            rules.append({**rule, **values} if values else rule)
        return replace(document, tree=tuple(rules))

    def losses(self, written: Document, current: Document) -> list[Mapping[str, Any]]:
        kept = {rule["id"] for rule in current.tree}
        return [{"rule_id": rule["id"]} for rule in written.tree if rule.get("id", "") not in kept | {""}]


_WIRE = {"name": "name", "source": "addresses", "enabled": "active"}


def _live(document: Document) -> list[LiveRule]:
    return [
        LiveRule(slot, ObjectRule(rule["name"], rule.get("id"), tuple(rule["addresses"]), enabled=rule["active"]))
        for slot, rule in enumerate(document.tree)
    ]


def _with_addresses(spec: ObjectRule, sets: Mapping[str, Sequence[str]]) -> ObjectRule:
    source: list[str] = []
    for word in spec.source or ():
        source += sets[word.removeprefix("set:")] if word.startswith("set:") else [word]
    return replace(spec, source=tuple(source))
