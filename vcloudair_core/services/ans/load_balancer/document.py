"""The document of a load balancer, with the names of certificates."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from vcloudair_core.engine.kind import Document
from vcloudair_core.services.ans.load_balancer.references import (
    FIELDS,
    Records,
    link,
    name_of,
    names_by_id,
    reference_to,
    references,
)
from vcloudair_core.services.ans.load_balancer.spec import LoadBalancerSpec
from vcloudair_core.services.ans.section.document import SectionDocument, SectionEdit, SectionState

CERTIFICATES = ("certificate", "ca_certificates")
"""Fields of application profiles with references to certificates."""


@dataclass(frozen=True)
class LoadBalancerDocument(SectionDocument[LoadBalancerSpec]):
    """A document of a load balancer.

    ``certificate_names`` maps certificate IDs to names. Certificates whose names are not unique are left out.
    """

    certificate_names: Mapping[str, str] = field(default_factory=dict, kw_only=True, repr=False, compare=False)


def with_names(
    records: Records, document: Document, key: str, state: SectionState[LoadBalancerSpec]
) -> SectionState[LoadBalancerSpec]:
    """Return the decoded list ``key`` of a document with names in place of IDs."""
    assert isinstance(document, LoadBalancerDocument)
    names = {field.name: names_by_id(records, document.tree, field.target) for field in FIELDS if field.owner == key}
    names |= {name: dict(document.certificate_names) for name in CERTIFICATES}
    rules = (replace(rule, spec=_named(rule.spec, names)) for rule in state.rules)
    return replace(state, rules=tuple(rules))


def _named(spec: Any, names: Mapping[str, Mapping[str, str]]) -> Any:
    changes: dict[str, Any] = {}
    for name, known in names.items():
        value = getattr(spec, name, None)
        if value:
            is_text = isinstance(value, str)
            changes[name] = name_of(value, known) if is_text else tuple(name_of(text, known) for text in value)
    return replace(spec, **changes) if changes else spec


def with_ids(records: Records, document: Document, key: str, edit: SectionEdit) -> SectionEdit:
    """Return an edit of the list ``key`` with IDs in place of names.

    The name of an object that has no ID yet becomes a reference that :func:`linked` resolves.
    """
    if edit.steps is None:
        return edit
    assert isinstance(document, LoadBalancerDocument)
    names = {field.name: names_by_id(records, document.tree, field.target) for field in FIELDS if field.owner == key}
    ids = {name: identifier for identifier, name in document.certificate_names.items()}
    steps = (replace(step, spec=_referring(step.spec, names, ids)) for step in edit.steps)
    return replace(edit, steps=tuple(steps))


def _referring(spec: Any, names: Mapping[str, Mapping[str, str]], certificate_ids: Mapping[str, str]) -> Any:
    changes: dict[str, Any] = {
        name: reference_to(value, known)
        if isinstance(value, str)
        else tuple(reference_to(text, known) for text in value)
        for name, known in names.items()
        if (value := getattr(spec, name, None))
    }
    for name in CERTIFICATES:
        value = getattr(spec, name, None)
        if value:
            is_text = isinstance(value, str)
            changes[name] = (
                certificate_ids.get(value, value)
                if is_text
                else tuple(certificate_ids.get(text, text) for text in value)
            )
    return replace(spec, **changes) if changes else spec


def linked(records: Records, document: Document) -> Document:
    """Return a document with an ID for each new object that another object refers to."""
    if not any(reference.new_name for reference in references(records, document.tree)):
        return document
    tree = copy.deepcopy(document.tree)
    link(records, tree)
    return replace(document, tree=tree)
