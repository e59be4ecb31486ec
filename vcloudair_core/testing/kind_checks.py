"""Checks of resource kinds: functions that raise AssertionError with a message for the author of the kind."""

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
_NONSENSE: tuple[Any, ...] = ({}, {"a": [1]}, [[]], [None], "", "\x00", -1, 10**30, 1.5, True)
"""Values of every type that YAML and JSON have; none is right for every field, and none may be a crash."""


# -- without a server --------------------------------------------------------------------------------------------


def check_declaration(kind: ResourceKind, name: str) -> None:
    """The kind is what its record says, and its spec declares what its fields mean."""
    assert isinstance(kind, ResourceKind), f"{name} is a {type(kind).__name__}, which is not a ResourceKind"
    assert kind.name == name, f"the kind says that it is {kind.name!r}, its record says {name!r}"
    assert dataclasses.is_dataclass(kind.spec_type), f"{name}: spec_type is no dataclass"
    params: Any = getattr(kind.spec_type, "__dataclass_params__", None)
    assert params.frozen, f"{name}: {kind.spec_type.__name__} is not frozen"


def check_unknown_field(kind: ResourceKind, example: Example) -> None:
    """A slip of the pen is refused by name, and the message holds no secret."""
    for spec in (*example.specs, *example.changed):
        error = _refusal(kind, {**spec, _UNKNOWN: 1})
        assert error is not None, f"{kind.name} takes a field that there is not ({_UNKNOWN}) without a word"
        assert _UNKNOWN in error.field, f"the error does not name the field: {error.as_dict()}"
        _refuse_leak(json.dumps(error.as_dict()), _secrets(kind, example), "the error shows a secret")


def check_bad_values(kind: ResourceKind, example: Example) -> None:
    """Check that any value of a field gives a spec or a SpecError, and never another error."""
    names = [*fields_of(kind.spec_type), *example.specs[0]]
    for name in dict.fromkeys(names):
        for value in _NONSENSE:
            try:
                _refusal(kind, {**example.specs[0], name: value})
            except Exception as exc:
                raise AssertionError(f"{name}: {value!r} is {type(exc).__name__}, not SpecError: {exc}") from exc


def _refusal(kind: ResourceKind, data: Mapping[str, Any]) -> SpecError | None:
    try:
        kind.parse(data)
    except SpecError as exc:
        return exc
    return None


# -- documents ---------------------------------------------------------------------------------------------------


def check_plans_settle(kind: ResourceKind, client: Client, example: Example) -> None:
    """A plan that was carried out leaves nothing to do, and nothing is changed in place."""
    document = _open(kind, client, example).read()
    for number, desired in enumerate(_desired_states(kind, example)):
        step = f"{type(desired).__name__}({'specs' if number == 0 else 'changed'})"
        store, resolved = prepare(kind, _open(kind, client, example), desired)
        if number == 0:
            document = store.read()
        before = content(document)
        plan = kind.plan(document, resolved)
        assert number > 1 or not plan.is_empty, f"{step} changes nothing: give an example that does"
        assert content(document) == before, f"{step}: plan() has changed the document in place"
        if plan.is_empty:
            continue
        assert kind.plan(document, resolved).as_dict() == plan.as_dict(), f"{step}: planned twice, two plans"
        merged = kind.merge(document, plan)
        assert content(document) == before, f"{step}: merge() has changed the document in place"
        left = kind.plan(merged, resolved)
        assert left.is_empty, f"{step}: after plan and merge there is still {left.summary()}: {left.as_dict()}"
        document = merged


def check_round_trip(kind: ResourceKind, client: Client, example: Example) -> None:
    """Check that specs as they are read change nothing when they are applied."""
    _make(client, example)
    document = _open(kind, client, example).read()
    shown = kind.project(document)
    json.dumps(shown)
    assert shown, f"{kind.name} shows nothing of what there is"
    items = shown if isinstance(shown, list) else [shown]
    _, resolved = prepare(kind, _open(kind, client, example), Present(tuple(kind.parse(item) for item in items)))
    plan = kind.plan(document, resolved)
    assert plan.is_empty, f"what was read, given back, is {plan.summary()}: {plan.as_dict()}"


def check_keeps_what_it_does_not_know(kind: ResourceKind, client: Client, example: Example) -> None:
    """A field that a newer server sends is still there after a change: in the section, and in every record."""
    _make(client, example)
    store, resolved = prepare(kind, _open(kind, client, example), Present(_parsed(kind, example.changed)))
    document = marked(store.read())
    there = marks(document)
    assert there, f"nothing in the document of {kind.name} could be marked"
    kept = marks(kind.merge(document, kind.plan(document, resolved)))
    assert kept == there, f"merge() drops fields that it does not know: {there} were there, {kept} are left"


def check_losses(kind: ResourceKind, client: Client, example: Example) -> None:
    """Check that a kind of a list reports records of others that a server lost."""
    _make(client, example)
    store, resolved = prepare(kind, _open(kind, client, example), Present(_parsed(kind, example.specs)))
    document = store.read()
    if not kind.has_own("losses"):
        is_list = isinstance(kind.project(document), list)
        assert not is_list, f"{kind.name} is a list that belongs to many, and has no losses(written, current)"
        return
    assert kind.losses(document, document) == [], f"{kind.name} misses what is there"
    bare = _without(kind, client, example, document, resolved)
    lost = kind.losses(document, bare)
    assert lost, f"{kind.name} misses nothing when everything of the example is gone"
    json.dumps([dict(item) for item in lost])
    _refuse_leak(repr(lost), _secrets(kind, example), "what was lost is told with a secret")


def _without(kind: ResourceKind, client: Client, example: Example, document: Document, resolved: Desired) -> Document:
    """The document as a forgetful server would show it: without the example."""
    try:
        _, gone = prepare(kind, _open(kind, client, example), Absent(resolved.specs))
    except SpecError:
        return _untouched(kind, client, example)
    plan = kind.plan(document, gone)
    return kind.merge(document, plan)


def _untouched(kind: ResourceKind, client: Client, example: Example) -> Document:
    """That of a new cloud, for kinds that cannot be taken away."""
    from vcloudair_core.testing.simulated_cloud import simulated

    with simulated() as (_, new_client, _simulator):
        return _open(kind, new_client, example).read()


def check_kept_in_files(kind: ResourceKind, client: Client, example: Example) -> None:
    """A store whose documents can be kept in files gives them back whole, and writes no secret there."""
    _make(client, example)
    store = _open(kind, client, example)
    if not isinstance(store, StageableStore):
        return
    document = store.read()
    body = store.dump(document)
    assert kind.project(store.load(body)) == kind.project(document), "load(dump(document)) is another document"
    _refuse_leak(body.decode("utf-8", "replace"), _secrets(kind, example), "dump() writes a secret")
    again = kind.open(client.session, store.lasting_target)
    assert again.target_key == store.target_key, "lasting_target leads to something else"


# -- the whole flow ----------------------------------------------------------------------------------------------


def check_one_write(kind: ResourceKind, client: Client, journal: RequestView, example: Example) -> None:
    """Check mode writes nothing and foretells; a run reads, writes and verifies; a second run reads."""
    client.read(kind.name, example.target)  # signs in, and finds the target
    for specs in (example.specs, example.changed):
        journal.clear()
        check = client.ensure(kind.name, specs, target=example.target, check=True)
        assert check.changed, "the example changes nothing"
        assert journal.writes == [], f"check mode wrote: {journal.writes}"
        journal.clear()
        made = client.ensure(kind.name, specs, target=example.target)
        assert made.plan.as_dict() == check.plan.as_dict(), "check mode foretold another plan"
        assert len(journal.writes) == example.writes, (
            f"the number of writes is to be {example.writes}: {journal.writes}"
        )
        reads = len(journal.calls) - len(journal.writes)
        limit = 2 * example.reads
        is_ok = reads >= limit if kind.has_own("advise") else reads <= limit
        assert is_ok, f"a read before the write and one after it were expected: {journal.calls}"
        journal.clear()
        again = client.ensure(kind.name, specs, target=example.target)
        assert not again.changed, f"a second run changes: {again.plan.as_dict()}"
        assert journal.writes == [], f"a second run wrote: {journal.writes}"
        count = f"the number of reads of a second run is to be {example.reads}: {journal.calls}"
        assert len(journal.calls) == example.reads, count


def check_doubles(kind: ResourceKind, client: Client, journal: RequestView, example: Example) -> None:
    """One thing that is asked for twice is refused before anything is written, or is made once."""
    if not isinstance(client.read(kind.name, example.target), list):
        return
    journal.clear()
    twice = [example.specs[0], example.specs[0]]
    try:
        outcome = client.ensure(kind.name, twice, target=example.target)
    except SpecError:
        assert journal.writes == [], f"two specs of one thing are refused after a write: {journal.writes}"
    else:
        made = [change for change in outcome.plan.changes if change.action == "create"]
        assert len(made) == 1, f"two specs of one thing make {len(made)}: refuse them in validate()"


def check_secrets(kind: ResourceKind, app: App, settings: Mapping[str, Any], example: Example) -> None:
    """A secret is in no plan, diff, result, log or exchange that anybody is shown."""
    secrets = _secrets(kind, example)
    lacking = [name for name in kind.secret_names() if not _given(example, name)]
    assert not lacking, f"give {', '.join(lacking)} a value in the example, so that it can be looked for"
    seen: list[str] = []

    class Observer:
        """Sees what every observer sees."""

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
        _refuse_leak(text, secrets, "a secret of the example is shown (session.learn hides it from observers)")


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
        return states  # it cannot be taken away, and says so
    return [*states, Absent(changed)]


def _open(kind: ResourceKind, client: Client, example: Example) -> Store:
    return kind.open(client.session, dict(example.target))


def _make(client: Client, example: Example) -> None:
    client.ensure(example.kind, example.specs, target=example.target)


def _secrets(kind: ResourceKind, example: Example) -> list[str]:
    return list(secrets_in([*example.specs, *example.changed], kind.secret_names()))


def _given(example: Example, name: str) -> bool:
    return any(secrets_in([*example.specs, *example.changed], frozenset([name]))) and name in json.dumps(
        [dict(spec) for spec in (*example.specs, *example.changed)]
    )


def _refuse_leak(text: str, secrets: Sequence[str], what: str) -> None:
    """Raises AssertionError. No ``assert``: pytest would show its operands, which are whole documents with secrets."""
    __tracebackhide__ = True
    if any(secret in text for secret in secrets):
        raise AssertionError(f"{what}: {redact_text(text, secrets)[:400]}")
