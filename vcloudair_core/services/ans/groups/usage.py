"""Find the rules that refer to objects, and remove the references.

A rule is deleted if its source, its destination, or its services and applications would become empty, because an empty
field matches any traffic. Other rules match the same traffic after their references are removed, because a deleted
object matches no traffic. References in a source or destination with an exclude flag are never removed, because the
rule would then match the traffic that it excluded.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.kind import Document, Store
from vcloudair_core.errors import NotFoundError
from vcloudair_core.services.ans.edge.backend import NSXT, XML
from vcloudair_core.services.ans.groups.descriptor import APPLICATION_PROFILE, GroupType
from vcloudair_core.services.ans.groups.model import Use, UsedSection, id_tail
from vcloudair_core.services.ans.groups.owner import GroupOwner, edges_of
from vcloudair_core.services.ans.groups.rule_references import JsonRule, NsxtRule, RuleRecord, Side, XmlRelay, XmlRule
from vcloudair_core.services.ans.section.kinds import open_section
from vcloudair_core.services.ans.sections import load_section

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session

_NSXT_PATHS = {
    "firewall": ("firewall", "userDefinedRules"),
    "nat": ("nat", "values"),
    "distributed_firewall": ("distributed_firewall", "values"),
}
_EXCLUDED = "the rule excludes the object, and without it would match more traffic"
_LAST_SERVER = "the relay has no other DHCP server"


class UsageReader:
    """Read the sections whose rules can refer to objects of an owner."""

    def __init__(self, session: Session, owner: GroupOwner, group_type: GroupType) -> None:
        self._session = session
        self._owner = owner
        self._type = group_type

    def read(self, ids: Collection[str]) -> tuple[UsedSection, ...]:
        """Return the sections with rules that refer to objects.

        Makes at least one call for each section of each edge gateway of the owner. ``ids`` are the last parts of the
        IDs of the objects.
        """
        sections = (used_section(store, owner, document, ids) for store, owner, document in self._documents())
        return tuple(section for section in sections if section.uses)

    def list_uses(self, ids: Collection[str]) -> list[Use]:
        """Return one use for each combination of a rule and an object that it refers to.

        Each use shows the effect of deleting only that object. Makes the same calls as :meth:`read`.
        """
        return [
            use
            for store, owner, document in self._documents()
            for rule, _ in _rules(store, document)
            for key in sorted({id_tail(key) for side in rule.sides() for key in side.references} & set(ids))
            if (use := _use(rule, {key}, store.section, owner)) is not None
        ]

    def _documents(self) -> Iterator[tuple[Store, str, Document]]:
        is_profile = self._type.name == APPLICATION_PROFILE
        for edge in edges_of(self._session, self._owner, of_profiles=is_profile):
            for name in self._type.sections[self._owner.backend]:
                store = open_section(load_section(name), self._session, edge)
                vars(store)["directory"] = None  # references are compared by ID, so no names are looked up
                try:
                    yield store, store.target, store.read()
                except NotFoundError:
                    if name != "dhcp_relay":  # some servers have no DHCP relay
                        raise
        if self._owner.vdc_group is not None:
            from vcloudair_core.services.ans.distributed_firewall.section import open_store

            group = self._owner.vdc_group
            dfw = open_store(self._session, {"vdc_group": group.group_id, **_known(self._session, group)})
            vars(dfw)["directory"] = None
            dfw.wants_policies = True  # the rules of an inactive distributed firewall cannot be read
            yield dfw, group.title, dfw.read()


def _known(session: Session, group: Any) -> dict[str, str]:
    """Return target keys with known data of a VDC group, to avoid another read."""
    is_provider = session.identity.org_name.casefold() == "system"
    if is_provider and not group.org_id:
        return {}
    return {
        "vdc_group_name": group.name,
        "vdc_group_org": group.org_id,
        "vdc_group_provider": group.provider_type,
    }


def used_section(store: Store, owner: str, document: Document, ids: Collection[str]) -> UsedSection:
    """Return a section with its uses, and its document without the references."""
    edited = replace(document, tree=copy.deepcopy(document.tree))
    uses: list[Use] = []
    for rule, delete in _rules(store, edited):
        use = _use(rule, ids, store.section, owner)
        if use is None:
            continue
        uses.append(use)
        if use.after is not None:
            for side in use.before:
                rule.drop(side, ids)
        elif not use.reason:
            delete()
    return UsedSection(store, document, edited, tuple(uses))


def _use(rule: RuleRecord, ids: Collection[str], section: str, owner: str) -> Use | None:
    """Return the :class:`Use` of a rule that refers to the objects, or None."""
    sides = [side for side in rule.sides() if any(id_tail(key) in ids for key in side.references)]
    if not sides:
        return None
    used = frozenset(id_tail(key) for side in sides for key in side.references) & frozenset(ids)
    before = {side.name: side.kept(()) for side in sides}
    after = {side.name: side.kept(ids) for side in sides}
    reason = _reason(sides, ids, section)
    if reason:
        return Use(used, owner, section, rule.name, before, None, reason)
    if not all(after.values()):
        return Use(used, owner, section, rule.name, before, None)
    return Use(used, owner, section, rule.name, before, after)


def _reason(sides: Sequence[Side], ids: Collection[str], section: str) -> str:
    """Return the reason why references cannot be removed, or an empty string."""
    if any(side.is_excluded for side in sides):
        return _EXCLUDED
    if section == "dhcp_relay" and not all(side.kept(ids) for side in sides):
        return _LAST_SERVER
    return ""


def _rules(store: Store, document: Document) -> Iterator[tuple[RuleRecord, Callable[[], None]]]:
    """Yield the raw rules of a document, each with a function that deletes it."""
    if store.backend.partition(" ")[0] == NSXT:
        outer, inner = _NSXT_PATHS[store.section]
        yield from _items(document.tree[outer].get(inner) or [], NsxtRule)
    elif document.media_type != XML:
        outer, inner = "firewallRules", "firewallRules"
        yield from _items((document.tree.get(outer) or {}).get(inner) or [], JsonRule)
    elif store.section == "dhcp_relay":
        yield XmlRelay(document.tree), _never
    else:
        from vcloudair_core.services.ans.section.xml_elements import child_of, children, remove

        for element in children(child_of(document.tree, "firewallRules"), "firewallRule"):
            yield XmlRule(element), partial(remove, element)


def _items(records: list[Any], rule_type: Callable[[dict[str, Any]], RuleRecord]) -> Iterator[Any]:
    for record in list(records):
        yield rule_type(record), partial(_remove_item, records, record)


def _remove_item(records: list[Any], record: Any) -> None:
    records[:] = [item for item in records if item is not record]


def _never() -> None:
    """Do nothing. A DHCP relay is never deleted."""
