"""Checks of references, certificates and objects of load balancers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from vcloudair_core.engine.validation import Problems, near
from vcloudair_core.errors import ConflictError
from vcloudair_core.services.ans.certificate.certificate_names import unique_names
from vcloudair_core.services.ans.load_balancer.profile_spec import LbApplicationProfileSpec
from vcloudair_core.services.ans.load_balancer.references import (
    MONITOR,
    NOUNS,
    POOL,
    PROFILE,
    RULE,
    SERVER,
    ObjectReference,
    Records,
)
from vcloudair_core.services.ans.section.json_values import mapping_of

_LISTS = {
    MONITOR: "monitors",
    PROFILE: "application_profiles",
    RULE: "application_rules",
    POOL: "pools",
    SERVER: "virtual_servers",
}
"""Spec field of each list."""


def with_certificates(
    spec: LbApplicationProfileSpec, path: str, certificates: Sequence[tuple[str, str]], problems: Problems
) -> LbApplicationProfileSpec:
    """Return a profile in which certificate IDs are replaced with names.

    ``certificates`` contains ``(ID, name)`` pairs. Add a problem for each unknown or ambiguous certificate.
    """
    changes: dict[str, Any] = {}
    if spec.certificate:
        changes["certificate"] = _certificate(
            spec.certificate, f"{path}.certificate".lstrip("."), certificates, problems
        )
    if spec.ca_certificates:
        changes["ca_certificates"] = tuple(
            _certificate(text, f"{path}.ca_certificates[{at}]".lstrip("."), certificates, problems)
            for at, text in enumerate(spec.ca_certificates)
        )
    return replace(spec, **changes)


def _certificate(text: str, path: str, certificates: Sequence[tuple[str, str]], problems: Problems) -> str:
    """Return the name of a certificate, or its ID if the name is not unique."""
    names = unique_names(list(certificates))
    if text in dict(certificates):
        return names.get(text, text)
    ids = [identifier for identifier, name in certificates if name == text]
    if len(ids) > 1:
        problems.add(path, f"{len(ids)} certificates are named {text!r}; use an ID instead: {', '.join(ids)}")
    elif not ids:
        problems.add(path, unknown("certificate", text, list(names.values())))
    return text


def unknown(noun: str, name: str, known: Sequence[str]) -> str:
    """Return the error text for a name that no object has, with a similar known name."""
    hint = near(name, known)
    return f"the edge gateway has no {noun} named {name!r}{'; ' + hint if hint else ''}"


def path_of(reference: ObjectReference, spec: Any) -> str:
    """Return the path of a reference in the input, such as ``pools[0].monitor``."""
    return _path(spec, reference.field.owner, reference.owner_name, reference.field.name)


def _path(spec: Any, key: str, name: str, field: str) -> str:
    """Return the path of a field of the object ``name`` in the input."""
    rules = () if spec is None else getattr(spec, _LISTS[key]) or ()
    positions: Iterator[int] = (at for at, rule in enumerate(rules) if rule.name == name)
    position = next(positions, None)
    return field if position is None else f"{_LISTS[key]}[{position}].{field}"


def check_services(services: Sequence[Mapping[str, Any]], spec: Any, problems: Problems) -> None:
    """Add a problem for each NSX-T virtual server without pool or certificate."""
    for service in services:
        name = str(service.get("name"))
        if not service.get("loadBalancerPoolRef"):
            problems.add(_path(spec, SERVER, name, "pool"), f"is required, because {name!r} needs a pool on NSX-T")
        profile = mapping_of(service.get("applicationProfile")).get("type")
        if profile in ("HTTPS", "L4_TLS") and not service.get("certificateRef"):
            path = _path(spec, SERVER, name, "certificate")
            problems.add(path, f"is required, because {name!r} has an encrypted protocol")


def check_pools(before: Any, after: Any, records: Records, spec: Any, problems: Problems) -> None:
    """Add a problem for each changed NSX-T pool that the server would refuse.

    ``before`` and ``after`` are the trees of the load balancer.
    """
    from vcloudair_core.services.ans.load_balancer.nsxt.codec import CONFIG, SECTION_KEY
    from vcloudair_core.services.ans.load_balancer.nsxt.pool_options import pool_problems

    config = mapping_of(mapping_of(after.get(SECTION_KEY)).get(CONFIG))
    unchanged = records.objects(before, POOL)
    for pool in records.objects(after, POOL):
        if pool not in unchanged:
            for field, reason in pool_problems(config, pool):
                problems.add(_path(spec, POOL, str(pool.get("name")), field), reason)


def in_use(users: Mapping[tuple[str, str], Sequence[str]]) -> ConflictError:
    """Return the error for objects that other objects use, so they cannot be deleted.

    ``users`` maps the type and name of each object to the objects that use it.
    """
    sentences = [
        f"Deleting {NOUNS[key]} {name!r} failed. It is in use by {', '.join(owners)}."
        for (key, name), owners in users.items()
    ]
    return ConflictError(
        " ".join(sentences),
        hint="Delete these users first, or change them so that they name another object. An edge document can do both "
        "in one write.",
    )
