"""The base class of the stores of certificates."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.kind import Document, Store
from vcloudair_core.errors import UNKNOWN, PermissionDeniedError, VcloudAirError
from vcloudair_core.services.ans.certificate.records import (
    ADOPTS,
    CERTIFICATES,
    REPLACES,
    TIME,
    USES,
    CertificateDocument,
    PrivateKey,
    Record,
    key_of,
    records_of,
)
from vcloudair_core.services.ans.certificate.uses import CertificateUse, move_uses, remove_uses
from vcloudair_core.services.ans.section.expected_section import expect_document

if TYPE_CHECKING:
    from vcloudair_core.engine.kind import ResourceKind
    from vcloudair_core.session.session import Session

WantsUses = Callable[..., Sequence[str]]
"""A function that returns the IDs of certificates whose uses are read."""


class CertificateStore(Store):
    """The base class of certificate stores, which write one certificate at a time.

    Attributes:
        wants_uses: A function that returns the IDs of the certificates whose uses a read must include. By default, a
            read includes the uses of all certificates that the user can see.
    """

    section = "certificate"
    is_library = False

    def __init__(self, session: Session, kind: ResourceKind) -> None:
        self.session = session
        self.clock = session.clock
        self.wants_uses: WantsUses | None = None
        self._kind = kind

    @property
    def is_written_whole(self) -> bool:
        """False, because certificates are written one at a time."""
        return False

    # -- reading -------------------------------------------------------------------------------------------------

    def read(self) -> Document:
        """Return the certificates. In check mode, apply the changes of earlier tasks.

        Raises: ApiError, TransportError, DecodeError.
        """
        document = self._read()
        run = getattr(self.session, "check_run", None)
        return document if run is None else expect_document(self, (self._kind,), document, run)

    def _read(self) -> Document:
        records = self.list_records()
        used_keys = [key_of(record) for record in records]
        if self.wants_uses is not None:
            used_keys = list(self.wants_uses(records, library=self.is_library))
        uses = self._uses() if used_keys else None
        tree: dict[str, Any] = {CERTIFICATES: records, TIME: self.clock.wall()}
        if uses is not None:
            tree[USES] = {key: uses.get(self.reference_of(key), []) for key in used_keys}
        return Document(self.section, tree, backend=self.backend)

    def _uses(self) -> Mapping[str, Sequence[CertificateUse]] | None:
        """Return the uses, or None if the user has no permission to read them.

        If a change depends on the uses, raise PermissionDeniedError instead.
        """
        try:
            return self.read_uses()
        except PermissionDeniedError:
            if self.wants_uses is None:
                return None
            raise

    @abstractmethod
    def list_records(self) -> list[Record]:
        """Return the records on the server."""

    @abstractmethod
    def read_uses(self) -> Mapping[str, Sequence[CertificateUse]]:
        """Return the uses of certificates as ``{certificate reference: uses}``.

        Raises: ApiError, TransportError, DecodeError.
        """

    def reference_of(self, key: str) -> str:
        """Return the certificate reference that other objects use. ``key`` is the ID."""
        return key

    # -- writing -------------------------------------------------------------------------------------------------

    def commit(self, base: Document, document: Document) -> None:
        """Add, replace, change and delete certificates, in this order.

        A replaced certificate is deleted after its references have been moved to the new one.

        Raises: the errors of the calls. If a call fails after a write, ``written`` of the error is True.
        """
        writes = _Writes()
        uses: Mapping[str, Sequence[CertificateUse]] = base.tree.get(USES) or {}
        before = {key_of(record): record for record in records_of(base)}
        after = records_of(document)
        kept = {key_of(record) for record in after} | {str(record.get(ADOPTS)) for record in after}
        for record in after:
            if not record.get("id"):
                self._replace(record, document, uses, writes)
        replaced = {key for record in after for key in record.get(REPLACES, ())}
        known = [record for record in after if record.get("id") and key_of(record) in before]
        self.write_changes([record for record in known if before[key_of(record)] != record], writes.run)
        for key in before:
            if key not in kept | replaced:
                self._remove(key, uses.get(key, ()), writes)

    def _replace(
        self, record: Record, document: Document, uses: Mapping[str, Sequence[CertificateUse]], writes: _Writes
    ) -> None:
        replaces = record.get(REPLACES, ())
        key = str(record.get(ADOPTS) or "") or writes.run(self.add, record, _key_of(document, record))
        for old in replaces:
            if uses.get(old):
                writes.run(move_uses, self.session, uses[old], self.reference_of(old), self.reference_of(key))
            writes.run(self.delete, old)
        if replaces:
            writes.run(self.finish_replacement, {**record, "id": key})

    def _remove(self, key: str, uses: Sequence[CertificateUse], writes: _Writes) -> None:
        if uses:
            writes.run(remove_uses, self.session, uses, self.reference_of(key))
        writes.run(self.delete, key)

    @abstractmethod
    def add(self, record: Record, private_key: PrivateKey | None) -> str:
        """Add a certificate, and return its ID."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Delete a certificate by ID."""

    def write_changes(self, records: Sequence[Record], run: Callable[..., Any]) -> None:
        """Write records whose name or description changed.

        ``run(write, *args)`` makes a write call. By default, does nothing, because an edge gateway can only add and
        delete certificates.
        """

    def reveal(self, private_key: PrivateKey | None) -> tuple[str | None, str | None]:
        """Return a private key and its passphrase as strings.

        Both are registered as secrets, so that logs and errors hide them.
        """
        secrets = (private_key.key, private_key.passphrase) if private_key else (None, None)
        self.session.learn(*(secret for secret in secrets if secret is not None))
        key, passphrase = (None if secret is None else secret.reveal() for secret in secrets)
        return key, passphrase

    def finish_replacement(self, record: Record) -> None:
        """Give a certificate its final name after the old certificate was deleted."""


def _key_of(document: Document, record: Record) -> PrivateKey | None:
    keys = document.private_keys if isinstance(document, CertificateDocument) else {}
    return keys.get(record["name"])


class _Writes:
    """Makes write calls, and records in errors that an earlier call succeeded."""

    def __init__(self) -> None:
        self._is_written = False

    def run(self, write: Callable[..., Any], *args: Any) -> Any:
        """Call ``write`` with the arguments, and return its result."""
        try:
            result = write(*args)
        except VcloudAirError as exc:
            if self._is_written and exc.written != UNKNOWN:
                exc.written = True
            raise
        self._is_written = True
        return result
