"""Replace names in firewall rules with IDs, and display names instead of IDs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.plan import Change
from vcloudair_core.engine.validation import Problems
from vcloudair_core.services.ans.firewall.spec import APPLICATIONS, SIDES, FirewallRuleSpec
from vcloudair_core.services.ans.names.objects import APPLICATION, APPLICATION_GROUP
from vcloudair_core.services.ans.names.resolve import NameLookup
from vcloudair_core.services.ans.section.rule_values import OBJECT, is_application_id, member, split_application

if TYPE_CHECKING:
    from vcloudair_core.services.ans.names.directory import ObjectDirectory
    from vcloudair_core.services.ans.names.objects import ObjectNames
    from vcloudair_core.services.ans.nsxt.helper_objects import HelperObjects


def with_ids(
    directory: ObjectDirectory, specs: Sequence[FirewallRuleSpec], paths: Sequence[str], problems: Problems
) -> Sequence[FirewallRuleSpec]:
    """Return rules with IDs instead of the names of objects.

    Returns the same ``specs`` object if the rules contain no names. Names that do not exist or are ambiguous become
    problems.
    """
    lookup = NameLookup(directory, problems)
    has_applications = bool(directory.service_kinds)
    lookup.prepare(
        (text for spec in specs for side in SIDES for text in getattr(spec, side) or ()),
        (text for spec in specs for text in spec.applications or ()) if has_applications else (),
    )
    looked_up = lookup.looked_up
    if not looked_up and not has_applications:
        return specs
    resolved: list[FirewallRuleSpec] = []
    for spec, path in zip(specs, paths, strict=True):
        members = (*(spec.source or ()), *(spec.destination or ()))
        if looked_up.isdisjoint(members) and not (has_applications and spec.applications):
            resolved.append(spec)  # most rules have only addresses
            continue
        changes: dict[str, Any] = {
            side: lookup.members(texts, f"{path}.{side}".lstrip("."))
            for side in SIDES
            if (texts := getattr(spec, side)) is not None
        }
        if has_applications and spec.applications:
            changes[APPLICATIONS] = lookup.applications(spec.applications, f"{path}.{APPLICATIONS}".lstrip("."))
        is_unchanged = all(value == getattr(spec, name) for name, value in changes.items())
        resolved.append(spec if is_unchanged else replace(spec, **changes))
    is_same = all(new is old for new, old in zip(resolved, specs, strict=True))
    return specs if is_same else tuple(resolved)


def resolve_objects(store: Any, specs: Sequence[FirewallRuleSpec], paths: Sequence[str]) -> Sequence[FirewallRuleSpec]:
    """Return rules with IDs instead of names.

    References to NSX-T port profiles are normalized to the form used in decoded rules.

    Raises: SpecError with all names that do not exist or are ambiguous; ApiError, TransportError, DecodeError.
    """
    problems = Problems()
    directory: ObjectDirectory | None = getattr(store, "directory", None)
    if directory is not None:
        specs = with_ids(directory, specs, paths, problems)
    objects: HelperObjects | None = getattr(store, "objects", None)
    if objects is not None:
        from vcloudair_core.services.ans.firewall.nsxt.names import resolve_names

        specs = resolve_names(objects, specs, paths, problems)
    problems.raise_if_any()
    return specs


def object_ids(specs: Iterable[FirewallRuleSpec]) -> Iterator[str]:
    """Yield the IDs of the objects in rules."""
    members: set[str] = set()  # long lists repeat many members, such as any
    names: set[str] = set()
    for spec in specs:
        members.update(spec.source or (), spec.destination or ())
        names.update(spec.applications or ())
    for text in members:
        parsed = member(text)
        if parsed is not None and parsed.kind == OBJECT:
            yield parsed.text
    yield from filter(is_application_id, names)


def with_names(shown: Mapping[str, Any], names: ObjectNames | None) -> dict[str, Any]:
    """Return a rule as plain data with names instead of IDs.

    Objects whose name is not unique keep their ID.
    """
    if names is None or names.is_empty:
        return dict(shown)
    changes: dict[str, Any] = {side: _members(shown[side], names) for side in SIDES if shown.get(side)}
    if shown.get(APPLICATIONS):
        changes[APPLICATIONS] = [_application(text, names) for text in shown[APPLICATIONS]]
    return {**shown, **changes}


def change_with_names(change: Change, names: ObjectNames | None) -> Change:
    """Return a change that displays names instead of IDs."""
    if names is None or names.is_empty:
        return change
    before, after = (values and with_names(values, names) for values in (change.before, change.after))
    return replace(change, before=before, after=after)


def _members(texts: Iterable[str], names: ObjectNames) -> list[str]:
    shown: list[str] = []
    for text in texts:
        parsed = member(text)
        item = names.unique_by_id(parsed.text) if parsed is not None and parsed.kind == OBJECT else None
        shown.append(item.prefixed if item is not None else text)
    return shown


def _application(text: str, names: ObjectNames) -> str:
    """Return the name of an application.

    The name has a prefix only if it is ambiguous without the prefix.
    """
    item = names.unique_by_id(text) if is_application_id(text) else None
    if item is None:
        return text
    is_plain = not is_application_id(item.name) and not split_application(item.name)[0]
    is_unique = names.find((APPLICATION, APPLICATION_GROUP), item.name) == [item]
    return item.name if is_plain and is_unique else item.prefixed
