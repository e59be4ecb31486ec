"""The resource kind ``ans.certificate``: certificates, identified by name.

Source: protocol/ans.md §5, protocol/nsxt.md §7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.desired import Absent, Desired, Exactly
from vcloudair_core.engine.kind import Document, ResourceKind, Store
from vcloudair_core.engine.plan import Change, Plan
from vcloudair_core.engine.validation import Problems, item_paths, read_spec
from vcloudair_core.errors import ConflictError, SpecError, SpecProblem
from vcloudair_core.services.ans.certificate.pem import details_of
from vcloudair_core.services.ans.certificate.records import (
    ADOPTS,
    CERTIFICATES,
    REPLACES,
    TIME,
    USES,
    CertificateDocument,
    CertificateEdit,
    Record,
    edit_of,
    is_library,
    key_of,
    records_of,
)
from vcloudair_core.services.ans.certificate.spec import NSXV_LIMITS, OUTPUT, CertificateSpec
from vcloudair_core.services.ans.edge.backend import BACKENDS, NSXT, NSXV, split_backend
from vcloudair_core.services.ans.edge.directory import target_edge
from vcloudair_core.services.ans.edge.limits import problems_of
from vcloudair_core.services.ans.edge.model import refuse_backend

if TYPE_CHECKING:
    from vcloudair_core.services.ans.certificate.store import CertificateStore
    from vcloudair_core.services.ans.certificate.uses import CertificateUse
    from vcloudair_core.session.session import Session

SECTION = "certificate"


class CertificateKind(ResourceKind):
    """The resource kind of certificates.

    Certificates without a spec are kept, except with ``state: exact``.
    """

    name = "ans.certificate"
    spec_type = CertificateSpec

    def open(self, session: Session, target: Mapping[str, Any]) -> CertificateStore:
        """Return the store of an NSX-V edge gateway, or of the certificate library.

        Without an edge gateway, or with an NSX-T edge gateway, the store is the certificate library.

        Shape of ``target``: ``{"edge": name or UUID, "vdc": name or UUID}``.
        """
        from vcloudair_core.services.ans.certificate.library import LibraryStore
        from vcloudair_core.services.ans.certificate.truststore import TruststoreStore

        if not str(target.get("edge") or session.settings.edge or "").strip():
            return LibraryStore(session, None, self)
        edge = target_edge(session, target)
        refuse_backend(edge, SECTION, (NSXV, NSXT))
        return LibraryStore(session, edge, self) if edge.backend == NSXT else TruststoreStore(session, edge, self)

    def parse(self, data: Mapping[str, Any]) -> CertificateSpec:
        """Parse a certificate. Raises: SpecError with all invalid fields."""
        problems = Problems()
        spec = read_spec(CertificateSpec, data, "", problems, ignored=OUTPUT)
        problems.raise_if_any()
        return spec

    def validate(self, desired: Desired) -> None:
        """Raise SpecError for a repeated name, or an empty list with ``state: exact``."""
        problems = Problems()
        names: set[str] = set()
        for path, spec in zip(item_paths(len(desired.specs)), desired.specs, strict=True):
            if spec.name in names and not spec.certificate_id:
                problems.add(f"{path}.name".lstrip("."), f"{spec.name!r} is the name of two certificates")
            names.add(str(spec.name))
        if isinstance(desired, Exactly) and not desired.specs:
            problems.add("", "the list is empty, which would delete all certificates")
        problems.raise_if_any()

    def unsupported(self, desired: Desired, backend: str) -> list[SpecProblem]:
        """Return a problem for each option that a backend does not support."""
        if split_backend(backend)[0] != NSXV or isinstance(desired, Absent):
            return []
        return [
            problem.below(path)
            for path, spec in zip(item_paths(len(desired.specs)), desired.specs, strict=True)
            for problem in problems_of(spec, NSXV_LIMITS, (0, 0), BACKENDS[NSXV].title)
        ]

    def resolve(self, store: Store, desired: Desired) -> Desired:
        """Limit the certificate uses that the store reads, and return ``desired``.

        Only the uses of certificates that will be deleted are needed.
        """
        wanting: Any = store
        wanting.wants_uses = lambda records, *, library: deleted_ids(
            records, edit_of(records, desired, library=library)
        )
        return desired

    def project(self, document: Document) -> list[dict[str, Any]]:
        """Return all certificates as plain data that :meth:`parse` accepts."""
        return [self._shown(document, record) for record in records_of(document)]

    def select(self, document: Document, desired: Desired) -> list[dict[str, Any]]:
        """Return the certificates that the desired state names."""
        names, ids = ({getattr(spec, key) for spec in desired.specs} for key in ("name", "certificate_id"))
        return [
            self._shown(document, record)
            for record in records_of(document)
            if record["name"] in names or record.get("id") in ids
        ]

    def plan(self, document: Document, desired: Desired) -> Plan:
        """Return the plan for the certificates.

        Raises: AmbiguousMatchError; SpecError if a new certificate has no content; ConflictError if a deleted
        certificate is in use.
        """
        records = records_of(document)
        edit = edit_of(records, desired, library=is_library(document))
        self._refuse_used(document, edit)
        known = {key_of(record): record for record in records}
        kept = {key_of(record) for record in edit.records}
        replaced = {key for record in edit.records for key in record.get(REPLACES, ()) if key in known}
        changes: list[Change] = []
        for record in records:
            if key_of(record) not in kept | replaced and not _is_adopted(record, edit):
                changes.append(Change("delete", record["name"], self._compared(record), None))
        for record in edit.records:
            change = self._change(record, known)
            if change is not None:
                changes.append(change)
        return Plan(self.name, tuple(changes), steps=edit)

    def merge(self, document: Document, plan: Plan) -> Document:
        """Return the document with the plan applied."""
        edit: CertificateEdit = plan.steps
        tree = {**document.tree, CERTIFICATES: list(edit.records)}
        return CertificateDocument(
            document.section,
            tree,
            document.version,
            document.backend,
            document.media_type,
            private_keys=edit.private_keys,
        )

    def losses(self, written: Document, current: Document) -> list[Mapping[str, Any]]:
        """Return the certificates in ``written`` that are not in ``current``."""
        kept = {(record["name"], record["pem"]) for record in records_of(current)}
        return [
            {"name": record["name"], "certificate_id": key_of(record)}
            for record in records_of(written)
            if (record["name"], record["pem"]) not in kept
        ]

    def _change(self, record: Record, known: Mapping[str, Record]) -> Change | None:
        previous = known.get(key_of(record)) or next(
            (known[key] for key in (*record.get(REPLACES, ()), record.get(ADOPTS)) if key in known), None
        )
        if previous is record:
            return None
        after = self._compared(record)
        if previous is None:
            return Change("create", record["name"], None, after)
        before = self._compared(previous)
        if before == after and not record.get(REPLACES):
            return None
        fields = tuple(name for name in after if before.get(name) != after[name])
        return Change("update", record["name"], before, after, fields or ("certificate_id",))

    def _refuse_used(self, document: Document, edit: CertificateEdit) -> None:
        """Raise ConflictError if a certificate is in use and cannot be deleted."""
        uses: Mapping[str, Sequence[CertificateUse]] = document.tree.get(USES) or {}
        replacing = {key: record for record in edit.records for key in record.get(REPLACES, ())}
        for key in deleted_ids(records_of(document), edit):
            name = next(record["name"] for record in records_of(document) if key_of(record) == key)
            of_key = uses.get(key, ())
            if key in replacing:
                if any(use.needs_key for use in of_key) and not _has_key(replacing[key], edit):
                    users = ", ".join(str(use) for use in of_key if use.needs_key)
                    raise SpecError("private_key", f"is required, because {users} uses certificate {name!r}")
            elif of_key and not (key in edit.forced and all(use.is_removable for use in of_key)):
                raise _in_use(name, of_key, is_forced=key in edit.forced)

    def _compared(self, record: Record) -> dict[str, Any]:
        """Return the fields of a record that plans show."""
        shown: dict[str, Any] = {"name": record["name"]}
        details = details_of(str(record["pem"]))
        if details is not None:
            shown |= {
                "subject": details.subject,
                "issuer": details.issuer,
                "fingerprint": details.fingerprint,
                "not_after": details.not_after.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
            if len(details.fingerprints) > 1:
                shown["chain"] = list(details.fingerprints[1:])
        if record.get("description") and record["description"] != record["name"]:
            shown["description"] = record["description"]
        return shown

    def _shown(self, document: Document, record: Record) -> dict[str, Any]:
        shown: dict[str, Any] = {"name": record["name"]}
        if record.get("id"):
            shown["certificate_id"] = record["id"]
        if is_library(document):
            shown["description"] = record["description"]
        details = details_of(str(record["pem"]))
        if details is not None:
            shown |= {
                "subject": details.subject,
                "issuer": details.issuer,
                "serial_number": details.serial_number,
                "fingerprint": details.fingerprint,
                "not_before": details.not_before.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "not_after": details.not_after.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "days_left": details.days_left(document.tree[TIME]),
                "dns_names": list(details.dns_names),
            }
        uses = document.tree.get(USES)
        if uses is not None and record.get("id") in uses:
            shown["used_by"] = [use.shown() for use in uses[record["id"]]]
        shown["certificate"] = record["pem"]
        return shown


def deleted_ids(records: Sequence[Record], edit: CertificateEdit) -> list[str]:
    """Return the IDs of the records that an edit deletes, including replaced records."""
    kept = {key_of(record) for record in edit.records}
    return [key_of(record) for record in records if key_of(record) not in kept and not _is_adopted(record, edit)]


def _is_adopted(record: Record, edit: CertificateEdit) -> bool:
    return any(new.get(ADOPTS) == key_of(record) for new in edit.records)


def _has_key(record: Record, edit: CertificateEdit) -> bool:
    return record["name"] in edit.private_keys or record.get(ADOPTS) is not None


def _in_use(name: str, uses: Sequence[CertificateUse], *, is_forced: bool) -> ConflictError:
    users = ", ".join(str(use) for use in uses)
    hint = "Change or delete the users first."
    needs = [f"{use} needs a certificate, because {use.needed_for}." for use in uses if use.needed_for]
    if is_forced and needs:
        reasons = " ".join(need[0].upper() + need[1:] for need in needs)
        return ConflictError(f"Deleting certificate {name!r} failed. It is in use by {users}. {reasons}", hint=hint)
    if not is_forced and all(use.is_removable for use in uses):
        hint = "Set force to true to remove the references. No active service needs them."
    return ConflictError(f"Deleting certificate {name!r} failed. It is in use by {users}.", hint=hint)
