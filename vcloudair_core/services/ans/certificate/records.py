"""Certificates of a document, and the changes that a desired state needs.

A record is a mapping with ``id``, ``name``, ``description`` and ``pem``. A new record has no ``id``, but can
have the internal keys :data:`REPLACES` and :data:`ADOPTS`. The document contains the private keys of new records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vcloudair_core.engine.desired import Absent, Desired, Exactly
from vcloudair_core.engine.kind import Document
from vcloudair_core.errors import AmbiguousMatchError, SpecError
from vcloudair_core.services.ans.certificate.pem import CertificateDetails, details_of
from vcloudair_core.services.ans.certificate.spec import CertificateSpec
from vcloudair_core.services.ans.edge.backend import NSXT, split_backend
from vcloudair_core.util.redaction import Secret

Record = Mapping[str, Any]
CERTIFICATES, USES, TIME = "certificates", "uses", "time"
"""Keys of a tree: the records, the uses by ID of the certificate, and the time."""
REPLACES, ADOPTS = "_replaces", "_adopts"
"""Keys of a new record.

They have the IDs of the certificates that it replaces, and the ID of a certificate that exists under another name.
"""


@dataclass(frozen=True)
class PrivateKey:
    """The private key of a new certificate, and its passphrase."""

    key: Secret
    passphrase: Secret | None = None


@dataclass(frozen=True)
class CertificateDocument(Document):
    """The certificate records, and the private keys of new certificates by name."""

    private_keys: Mapping[str, PrivateKey] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class CertificateEdit:
    """The certificate records after a plan is applied.

    ``forced`` has the IDs of deleted certificates whose references may be removed. ``private_keys`` maps the names of
    new certificates to their private keys.
    """

    records: tuple[Record, ...]
    forced: frozenset[str] = frozenset()
    private_keys: Mapping[str, PrivateKey] = field(default_factory=dict, repr=False)


def records_of(document: Document) -> list[Record]:
    """Return the records of a document."""
    records: list[Record] = list(document.tree[CERTIFICATES])
    return records


def key_of(record: Record) -> str:
    """Return the ID of a record, or a key made from the name if the record is new."""
    return str(record.get("id") or f"new {record['name']}")


def is_library(document: Document) -> bool:
    """Return True if the certificates are in the certificate library."""
    return split_backend(document.backend)[0] == NSXT


def temporary_name(name: str, details: CertificateDetails) -> str:
    """Return a temporary name for a certificate that replaces another certificate.

    A temporary name is necessary because names are unique in the library.
    """
    return f"{name} ({details.fingerprint.replace(':', '')[:8]})"


def edit_of(records: Sequence[Record], desired: Desired, *, library: bool) -> CertificateEdit:
    """Return the records that will exist after the desired state is applied.

    Raises: AmbiguousMatchError; SpecError if a new certificate has no content.
    """
    if isinstance(desired, Absent):
        removed = {key_of(record): spec for spec in desired.specs for record in _named(records, spec)}
        forced = frozenset(key for key, spec in removed.items() if spec.force)
        return CertificateEdit(tuple(record for record in records if key_of(record) not in removed), forced)
    result: list[Record] = list(records)
    kept: list[Record] = []
    for position, spec in enumerate(desired.specs):
        record, replaced = _wanted(records, spec, f"[{position}]." if len(desired.specs) > 1 else "", library)
        old = {*replaced, str(record.get(ADOPTS)), key_of(record)}
        at = next((index for index, item in enumerate(result) if key_of(item) in old), len(result))
        result = [item for item in result if key_of(item) not in old]
        result.insert(min(at, len(result)), record)
        kept.append(record)
    keys = {
        str(spec.name): PrivateKey(spec.private_key, spec.passphrase)
        for spec in desired.specs
        if spec.private_key is not None
    }
    return CertificateEdit(tuple(kept if isinstance(desired, Exactly) else result), private_keys=keys)


def _wanted(records: Sequence[Record], spec: CertificateSpec, path: str, library: bool) -> tuple[Record, list[str]]:
    """Return the record that a spec describes, and the IDs of records to replace."""
    current, leftovers = _current(records, spec, library)
    details = details_of(spec.certificate) if spec.certificate else None
    if current is None:
        if details is None:
            raise SpecError(f"{path}certificate", f"is required, because no certificate is named {spec.name!r}")
        adopted = _renamed(records, spec, details) if library else None
        return (_updated(adopted, spec) if adopted else _new(spec, [])), []
    if details is None or is_same(current, spec.certificate):
        if leftovers:
            return {**_new(spec, leftovers), ADOPTS: key_of(current)}, leftovers
        return _updated(current, spec), []
    replaced = [key_of(current)]
    new = _new(spec, replaced, current)
    adopted = _renamed(records, spec, details) if library else None
    return ({**new, ADOPTS: key_of(adopted)} if adopted else new), replaced


def is_same(record: Record, pem: str | None) -> bool:
    """Return True if a record has the same certificate as a PEM text.

    The further certificates of a chain are compared only if the server stores them.
    """
    current, desired = details_of(str(record["pem"])), details_of(pem or "")
    if current is None or desired is None:
        return current is desired
    if len(current.fingerprints) == 1:
        return current.fingerprint == desired.fingerprint
    return current.fingerprints == desired.fingerprints


def _current(records: Sequence[Record], spec: CertificateSpec, library: bool) -> tuple[Record | None, list[str]]:
    """Return the record that a spec identifies, and the IDs of outdated records.

    On NSX-V, an interrupted replacement leaves the outdated certificate beside the new certificate. Both have the same
    name and subject.
    """
    candidates = _named(records, spec, is_single=False)
    if len(candidates) < 2:
        return (candidates[0] if candidates else None), []
    same = [record for record in candidates if is_same(record, spec.certificate)]
    if len(same) != 1 or library:
        raise _ambiguous(spec, candidates)
    return same[0], [key_of(record) for record in candidates if _is_older(record, same[0], str(spec.name))]


def _is_older(record: Record, new: Record, name: str) -> bool:
    details, newer = details_of(str(record["pem"])), details_of(str(new["pem"]))
    if record is new or details is None or newer is None or not record["description"] == name == new["description"]:
        return False
    return details.subject == newer.subject and details.not_before <= newer.not_before


def _named(records: Sequence[Record], spec: CertificateSpec, *, is_single: bool = True) -> list[Record]:
    """Return the records with the ID of a spec, or the records with its name.

    The name is used if the spec has no ID. If ``is_single`` is false, the name is also used if no record has the ID.

    Raises: AmbiguousMatchError if ``is_single`` is true and several records have the name.
    """
    if spec.certificate_id:
        matches = [record for record in records if record.get("id") == spec.certificate_id]
        if matches or is_single:
            return matches
    matches = [record for record in records if record["name"] == spec.name]
    if is_single and len(matches) > 1:
        raise _ambiguous(spec, matches)
    return matches


def _ambiguous(spec: CertificateSpec, candidates: Sequence[Record]) -> AmbiguousMatchError:
    shown = [{"name": record["name"], "certificate_id": key_of(record)} for record in candidates]
    return AmbiguousMatchError(
        f"{len(shown)} certificates are named {spec.name!r}.",
        candidates=shown,
        hint="Set certificate_id to one of the IDs.",
    )


def _renamed(records: Sequence[Record], spec: CertificateSpec, details: CertificateDetails) -> Record | None:
    """Return the certificate with a temporary name from an interrupted replacement.

    Return None if no such certificate exists.
    """
    name = temporary_name(str(spec.name), details)
    return next((record for record in records if record["name"] == name and is_same(record, spec.certificate)), None)


def _updated(record: Record, spec: CertificateSpec) -> Record:
    changes = {"name": spec.name, "description": spec.description}
    changed = {key: value for key, value in changes.items() if value is not None and value != record[key]}
    return {**record, **changed} if changed else record


def _new(spec: CertificateSpec, replaces: list[str], current: Record | None = None) -> Record:
    description = spec.description if spec.description is not None else (current or {}).get("description", "")
    return {
        "name": spec.name,
        "description": description,
        "pem": spec.certificate,
        REPLACES: replaces,
    }
