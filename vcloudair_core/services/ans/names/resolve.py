"""Replace the names in sources, destinations and applications with IDs.

All lists that the names need are read first. The number of calls does not depend on the number of rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vcloudair_core.engine.canonical import ANY
from vcloudair_core.engine.validation import Problems, near
from vcloudair_core.services.ans.names.directory import ObjectDirectory
from vcloudair_core.services.ans.names.objects import GROUP, IP_SET, NOUNS, VM, NamedObject
from vcloudair_core.services.ans.section.rule_values import (
    INTERFACES,
    NAME,
    is_application_id,
    member,
    split_application,
    split_name,
)

_MAX_CANDIDATES = 8
SERVICE = "service"
"""Prefix of the name of an application or an application group."""


class NameLookup:
    """A resolver for the object names in a list of rules.

    Call :meth:`prepare` first, which reads all lists. Then :meth:`members` and :meth:`applications` make no calls.
    """

    def __init__(self, directory: ObjectDirectory, problems: Problems) -> None:
        self._directory = directory
        self._problems = problems
        self.looked_up: frozenset[str] = frozenset()
        """The members of :meth:`prepare` that :meth:`members` replaces or checks."""

    def prepare(self, members: Iterable[str], applications: Iterable[str] = ()) -> None:
        """Read the lists that these members and applications need.

        If a name is unknown, the lists that were cached are read again, because another client may have created the
        object.

        Raises: ApiError, TransportError, DecodeError.
        """
        texts = set(members)
        named = [text for text in texts if is_name(text)]
        parts = [split_name(text) for text in named]
        lookups = {(self._member_kinds(prefix), name) for prefix, name in parts}
        parts = [split_application(text) for text in applications if not is_application_id(text)]
        lookups |= {(self._service_kinds(prefix), name) for prefix, name in parts}
        names = self._directory.names
        checked = {text: self._directory.kind_of_id(text) for text in texts if self._directory.is_checked_id(text)}
        self.looked_up = frozenset((*named, *checked))
        fresh = self._directory.load(sorted({kind for kinds, _ in lookups for kind in kinds} | set(checked.values())))
        stale = {kind for kinds, name in lookups for kind in kinds if not names.find(kinds, name)}
        stale |= {kind for text, kind in checked.items() if names.by_id(text) is None}
        stale -= fresh
        if stale:
            self._directory.refresh(sorted(stale))

    def members(self, texts: Sequence[str], path: str) -> tuple[str, ...]:
        """Return members with IDs instead of names.

        Unknown and ambiguous names are reported as problems.
        """
        return tuple(item for text in texts for item in self._member(text, path))

    def applications(self, texts: Sequence[str], path: str) -> tuple[str, ...]:
        """Return IDs of applications instead of names."""
        return tuple(
            item for text in texts for item in ((text,) if is_application_id(text) else self._application(text, path))
        )

    def _member_kinds(self, prefix: str) -> tuple[str, ...]:
        """Return the kinds that a name with a prefix can have.

        On NSX-T, ``group:`` is also accepted for an IP set if there is no security group with the name.
        """
        kinds = self._directory.member_kinds
        if not prefix:
            return kinds
        return (GROUP, IP_SET) if prefix == GROUP and VM not in kinds else (prefix,)

    def _service_kinds(self, prefix: str) -> tuple[str, ...]:
        kinds = self._directory.service_kinds
        return tuple(kind for kind in kinds if prefix in ("", SERVICE, kind))

    def _member(self, text: str, path: str) -> tuple[str, ...]:
        if not is_name(text):
            if self._directory.is_checked_id(text) and self._directory.names.by_id(text) is None:
                self._problems.add(path, f"there is no firewall group with the ID {text!r}")
            return (text,)
        prefix, name = split_name(text)
        return self._ids(text, prefix, name, self._member_kinds(prefix), path)

    def _application(self, text: str, path: str) -> tuple[str, ...]:
        prefix, name = split_application(text)
        return self._ids(text, "" if prefix == SERVICE else prefix, name, self._service_kinds(prefix), path)

    def _ids(self, text: str, prefix: str, name: str, kinds: Sequence[str], path: str) -> tuple[str, ...]:
        candidates = self._directory.names.find(kinds, name)
        if prefix and len({item.kind for item in candidates}) > 1:
            candidates = [item for item in candidates if item.kind == prefix]
        if len(candidates) == 1 and not candidates[0].refusal:
            return candidates[0].ids
        if not candidates:
            reason = self._unknown(text, prefix, name, kinds)
        elif len(candidates) == 1:
            reason = f"{text!r} {candidates[0].refusal}"
        else:
            reason = _ambiguous(text, candidates)
        self._problems.add(path, reason)
        return (text,)

    def _unknown(self, text: str, prefix: str, name: str, kinds: Sequence[str]) -> str:
        nouns = [NOUNS[kind] for kind in ((prefix,) if prefix else kinds)]
        listed = nouns[0] if len(nouns) == 1 else f"{', '.join(nouns[:-1])} or {nouns[-1]}"
        names = self._directory.names
        keywords = () if prefix or kinds == self._directory.service_kinds else (ANY, *INTERFACES)
        similar = near(name, [*keywords, *(item.name for item in names.all_of(kinds))])
        known = names.listed(kinds)
        hints = [
            similar,
            f"known names are {known}" if known else "",
            self._directory.missing_hint(prefix, name),
            f"write object:{name} if it is an ID" if kinds == self._directory.member_kinds else "",
        ]
        return "; ".join([f"there is no {listed} named {name!r}", *filter(None, hints)])


def _ambiguous(text: str, candidates: Sequence[NamedObject]) -> str:
    shown = candidates[:_MAX_CANDIDATES]
    more = " …" if len(candidates) > _MAX_CANDIDATES else ""
    if len({item.kind for item in candidates}) == len(candidates):
        names = ", ".join(item.prefixed for item in shown)
        return f"{text!r} is the name of several objects; write one of {names}"
    ids = ", ".join(f"{NOUNS[item.kind]} {item}" for item in shown)
    return f"{text!r} is the name of {len(candidates)} objects; write the ID of one of them: {ids}{more}"


def is_name(text: str) -> bool:
    """Return True if a member is the name of an object."""
    parsed = member(text)
    return parsed is not None and parsed.kind == NAME
