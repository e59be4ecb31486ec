"""Checks for resource kinds. A failed check raises AssertionError."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.desired import Absent, Desired, Exactly, Present
from vcloudair_core.engine.ensure.preparation import prepare
from vcloudair_core.engine.fields import fields_of, secrets_in
from vcloudair_core.engine.kind import Document, ResourceKind, StageableStore, Store
from vcloudair_core.errors import SpecError
from vcloudair_core.plugin.hooks import hookimpl
from vcloudair_core.testing.documents import content, marked, marks
from vcloudair_core.util.redaction import redact_text

if TYPE_CHECKING:
    from vcloudair_core.app import App
    from vcloudair_core.client import Client
    from vcloudair_core.testing.examples import Example
    from vcloudair_core.testing.simulated_cloud import RequestView
    from vcloudair_core.transport.messages import Exchange

_UNKNOWN = "field_of_tomorrow"
_ODD_VALUES: tuple[Any, ...] = ({}, {"a": [1]}, [[]], [None], "", "\x00", -1, 10**30, 1.5, True)
"""Values of all YAML and JSON types. Each field is tested with every value."""


# -- without a server --------------------------------------------------------------------------------------------


def check_declaration(kind: ResourceKind, name: str) -> None:
    """Check the name of a kind, and that its spec type is a frozen dataclass.

    ``name`` is the name of the kind's record. The kind must have the same name.
    """
    assert isinstance(kind, ResourceKind), f"{name} is a {type(kind).__name__}, which is not a ResourceKind"
    assert kind.name == name, f"the name of the kind is {kind.name!r}, but the name of its record is {name!r}"
    assert dataclasses.is_dataclass(kind.spec_type), f"{name}: spec_type is not a dataclass"
    params: Any = getattr(kind.spec_type, "__dataclass_params__", None)
    assert params.frozen, f"{name}: {kind.spec_type.__name__} is not frozen"


def check_unknown_field(kind: ResourceKind, example: Example) -> None:
    """Check that an unknown field raises an error.

    The message must contain the name of the field, and no secret.
    """
    for spec in (*example.specs, *example.changed):
        error = _refusal(kind, {**spec, _UNKNOWN: 1})
        assert error is not None, f"{kind.name} accepts the unknown field {_UNKNOWN}"
        assert _UNKNOWN in error.field, f"the error does not name the field: {error.as_dict()}"
        _refuse_leak(json.dumps(error.as_dict()), _secrets(kind, example), "the error shows a secret")


def check_bad_values(kind: ResourceKind, example: Example) -> None:
    """Check that unusual values of a field are accepted or raise only SpecError."""
    names = [*fields_of(kind.spec_type), *example.specs[0]]
    for name in dict.fromkeys(names):
        for value in _ODD_VALUES:
            try:
                _refusal(kind, {**example.specs[0], name: value})
            except Exception as exc:
                raise AssertionError(
                    f"{name}: {value!r} raises {type(exc).__name__} instead of SpecError: {exc}"
                ) from exc


def _refusal(kind: ResourceKind, data: Mapping[str, Any]) -> SpecError | None:
    try:
        kind.parse(data)
    except SpecError as exc:
        return exc
    return None


# -- documents ---------------------------------------------------------------------------------------------------


def check_plans_settle(kind: ResourceKind, client: Client, example: Example) -> None:
    """Check that plans are empty after merge(), and that plan() and merge() are pure."""
    document = _open(kind, client, example).read()
    for number, desired in enumerate(_desired_states(kind, example)):
        step = f"{type(desired).__name__}({'specs' if number == 0 else 'changed'})"
        store, resolved = prepare(kind, _open(kind, client, example), desired)
        if number == 0:
            document = store.read()
        before = content(document)
        plan = kind.plan(document, resolved)
        assert number > 1 or not plan.is_empty, f"{step} changes nothing; use an example that changes something"
        assert content(document) == before, f"{step}: plan() changed the document in place"
        if plan.is_empty:
            continue
        assert kind.plan(document, resolved).as_dict() == plan.as_dict(), (
            f"{step}: plan() returns a different plan when it is called again"
        )
        merged = kind.merge(document, plan)
        assert content(document) == before, f"{step}: merge() changed the document in place"
        rest = kind.plan(merged, resolved)
        assert rest.is_empty, f"{step}: the plan after merge() is not empty: {rest.summary()}: {rest.as_dict()}"
        document = merged


def check_round_trip(kind: ResourceKind, client: Client, example: Example) -> None:
    """Check that a document matches the specs that are read from it.

    The plan for these specs must be empty.
    """
    _make(client, example)
    document = _open(kind, client, example).read()
    shown = kind.project(document)
    json.dumps(shown)
    assert shown, f"project() of {kind.name} returns nothing for a document with elements"
    items = shown if isinstance(shown, list) else [shown]
    _, resolved = prepare(kind, _open(kind, client, example), Present(tuple(kind.parse(item) for item in items)))
    plan = kind.plan(document, resolved)
    assert plan.is_empty, f"the plan for the specs that were read is not empty: {plan.summary()}: {plan.as_dict()}"


def check_keeps_unknown_fields(kind: ResourceKind, client: Client, example: Example) -> None:
    """Check that a change keeps unknown fields in the section and its records.

    Newer servers can send unknown fields.
    """
    _make(client, example)
    store, resolved = prepare(kind, _open(kind, client, example), Present(_parsed(kind, example.changed)))
    document = marked(store.read())
    before = marks(document)
    assert before, f"no unknown field could be added to the document of {kind.name}"
    after = marks(kind.merge(document, kind.plan(document, resolved)))
    assert after == before, f"merge() drops unknown fields: {before} before, {after} after"


def check_losses(kind: ResourceKind, client: Client, example: Example) -> None:
    """Check that ``losses()`` reports the objects of the example if they are missing."""
    _make(client, example)
    store, resolved = prepare(kind, _open(kind, client, example), Present(_parsed(kind, example.specs)))
    document = store.read()
    if not kind.has_own("losses"):
        is_list = isinstance(kind.project(document), list)
        assert not is_list, f"{kind.name} is a list with several writers, so it must override losses(written, current)"
        return
    assert kind.losses(document, document) == [], f"losses() of {kind.name} reports elements that exist"
    bare = _without(kind, client, example, document, resolved)
    lost = kind.losses(document, bare)
    assert lost, f"losses() of {kind.name} is empty although the elements of the example are missing"
    json.dumps([dict(item) for item in lost])
    _refuse_leak(repr(lost), _secrets(kind, example), "losses() returns a secret")


def _without(kind: ResourceKind, client: Client, example: Example, document: Document, resolved: Desired) -> Document:
    """Return the document after the deletion of the example's objects.

    The deletion simulates that another client has removed the objects. If the kind cannot delete objects, return the
    document of a new cloud.
    """
    try:
        _, absent = prepare(kind, _open(kind, client, example), Absent(resolved.specs))
    except SpecError:
        return _new_document(kind, client, example)
    return kind.merge(document, kind.plan(document, absent))


def _new_document(kind: ResourceKind, client: Client, example: Example) -> Document:
    """Return the document of a new cloud, for kinds whose objects cannot be deleted."""
    from vcloudair_core.testing.simulated_cloud import simulated

    with simulated() as (_, new_client, _simulator):
        return _open(kind, new_client, example).read()


def check_dump_and_load(kind: ResourceKind, client: Client, example: Example) -> None:
    """Check that a stageable store can load its dumped documents, and dumps no secret."""
    _make(client, example)
    store = _open(kind, client, example)
    if not isinstance(store, StageableStore):
        return
    document = store.read()
    body = store.dump(document)
    assert kind.project(store.load(body)) == kind.project(document), "load(dump(document)) differs from the document"
    _refuse_leak(body.decode("utf-8", "replace"), _secrets(kind, example), "dump() returns a secret")
    again = kind.open(client.session, store.lasting_target)
    assert again.target_key == store.target_key, "lasting_target opens another target"


# -- the whole flow ----------------------------------------------------------------------------------------------


def check_one_write(kind: ResourceKind, client: Client, request_log: RequestView, example: Example) -> None:
    """Check the requests of a check-mode run, a real run, and a second real run.

    Check mode must return the same plan as the real run, without a write. The real run must read, write and verify. The
    second real run must only read.
    """
    client.read(kind.name, example.target)  # signs in and resolves the target, so that only later requests count
    for specs in (example.specs, example.changed):
        request_log.clear()
        check = client.ensure(kind.name, specs, target=example.target, check=True)
        assert check.changed, "the example changes nothing"
        assert request_log.writes == [], f"check mode wrote: {request_log.writes}"
        request_log.clear()
        outcome = client.ensure(kind.name, specs, target=example.target)
        assert outcome.plan.as_dict() == check.plan.as_dict(), "the plan of check mode differs from the plan of the run"
        assert len(request_log.writes) == example.writes, f"expected {example.writes} writes: {request_log.writes}"
        reads = len(request_log.calls) - len(request_log.writes)
        limit = 2 * example.reads
        is_ok = reads >= limit if kind.has_own("advise") else reads <= limit
        assert is_ok, f"expected a read before the write and one after it: {request_log.calls}"
        request_log.clear()
        again = client.ensure(kind.name, specs, target=example.target)
        assert not again.changed, f"the second run has changes: {again.plan.as_dict()}"
        assert request_log.writes == [], f"the second run wrote: {request_log.writes}"
        count = f"expected {example.reads} reads in the second run: {request_log.calls}"
        assert len(request_log.calls) == example.reads, count


def check_duplicates(kind: ResourceKind, client: Client, request_log: RequestView, example: Example) -> None:
    """Check that duplicate specs are rejected, or that they create only one element.

    A rejection must come before the first write.
    """
    if not isinstance(client.read(kind.name, example.target), list):
        return
    request_log.clear()
    twice = [example.specs[0], example.specs[0]]
    try:
        outcome = client.ensure(kind.name, twice, target=example.target)
    except SpecError:
        assert request_log.writes == [], f"duplicate specs are rejected after a write: {request_log.writes}"
    else:
        created = [change for change in outcome.plan.changes if change.action == "create"]
        assert len(created) == 1, f"duplicate specs create {len(created)} elements; reject them in validate()"


def check_secrets(kind: ResourceKind, app: App, settings: Mapping[str, Any], example: Example) -> None:
    """Check that no plan, diff, result or observed exchange contains a secret."""
    secrets = _secrets(kind, example)
    expected = kind.secret_names() - set(example.unset_secrets)
    missing = [name for name in expected if not _has_secret(example, name)]
    assert not missing, f"set {', '.join(missing)} in the example, so that the test can search for the secret"
    seen: list[str] = []

    class Observer:
        """An observer that records exchanges."""

        @hookimpl
        def vca_exchange_finished(self, exchange: Exchange) -> None:
            seen.append(f"{exchange!r} {exchange.request.body!r} {exchange.response and exchange.response.body!r}")

    app.plugins.register(Observer(), "conformance_observer")
    with app.client(**settings) as client:
        for specs in (example.specs, example.changed):
            seen.append(repr(_parsed(kind, specs)))
            for is_check in (True, False):
                outcome = client.ensure(kind.name, specs, target=example.target, check=is_check)
                seen += [json.dumps(outcome.as_dict()), repr(outcome), json.dumps(outcome.plan.diff())]
            seen += [json.dumps(client.read(kind.name, example.target)), repr(_open(kind, client, example).read())]
    assert len(seen) > len(example.specs)
    for text in seen:
        _refuse_leak(text, secrets, "a secret of the example is shown (call session.learn to mask it in exchanges)")


# -- tools -------------------------------------------------------------------------------------------------------


def _parsed(kind: ResourceKind, specs: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
    return tuple(kind.parse(spec) for spec in specs)


def _desired_states(kind: ResourceKind, example: Example) -> list[Desired]:
    first, changed = _parsed(kind, example.specs), _parsed(kind, example.changed)
    states: list[Desired] = [Present(first), Present(changed), Exactly(changed)]
    validate = getattr(kind, "validate", None)
    try:
        if validate is not None:
            validate(Absent(changed))
    except SpecError:
        return states  # the kind cannot be deleted, and validate() rejects it
    return [*states, Absent(changed)]


def _open(kind: ResourceKind, client: Client, example: Example) -> Store:
    return kind.open(client.session, dict(example.target))


def _make(client: Client, example: Example) -> None:
    client.ensure(example.kind, example.specs, target=example.target)


def _secrets(kind: ResourceKind, example: Example) -> list[str]:
    return list(secrets_in([*example.specs, *example.changed], kind.secret_names()))


def _has_secret(example: Example, name: str) -> bool:
    return any(secrets_in([*example.specs, *example.changed], frozenset([name]))) and name in json.dumps(
        [dict(spec) for spec in (*example.specs, *example.changed)]
    )


def _refuse_leak(text: str, secrets: Sequence[str], what: str) -> None:
    """Raise AssertionError if a string contains a secret.

    This is not an ``assert`` statement, because pytest would display the operands, which contain secrets.
    """
    __tracebackhide__ = True
    if any(secret in text for secret in secrets):
        raise AssertionError(f"{what}: {redact_text(text, secrets)[:400]}")
