"""One section of one edge, read whole and written whole, and whether the server checks versions on the way."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from vcloudair_core.engine.kind import Document, StageableStore, Store
from vcloudair_core.errors import (
    ApiError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    TaskFailedError,
    TaskTimeoutError,
)
from vcloudair_core.services.ans.edge.backend import BACKENDS, VCLOUDAIR, XML
from vcloudair_core.services.ans.edge.codec import parse_job
from vcloudair_core.services.ans.edge.directory import EdgeDirectory
from vcloudair_core.services.ans.edge.model import Edge, last_part, lock_path, refuse_backend
from vcloudair_core.transport.messages import origin_of
from vcloudair_core.util.xml import html_error, html_title

if TYPE_CHECKING:
    from vcloudair_core.session.expected_changes import CheckRun
    from vcloudair_core.session.session import Session
    from vcloudair_core.util.clock import Clock

_JOB_TIMEOUT_S = 600.0
_JOB_POLL_S = (1.0, 2.0, 3.0, 5.0)
_FRESH = {"Cache-Control": "no-cache"}
"""Headers of reads that plan or verify a write: no cache on the way may answer them."""

_log = logging.getLogger(__name__)


@dataclass
class _VersionCheck:
    """True when ``/hybridity`` takes the version of a section back, None as long as a session does not know.

    Source: protocol/ans.md §8.
    """

    is_made: bool | None = None


class DocumentCodec(Protocol):
    """The part of a section's codec that a store uses."""

    media_type: str

    def parse(self, body: bytes) -> Document:
        """Raises DecodeError."""
        ...

    def encode(self, document: Document) -> bytes:
        """Return the body for the wire."""
        ...


Expectation = Callable[["SectionStore", Document, "CheckRun"], Document]
"""Gives a document as the earlier tasks of a check-mode run would have left it."""


class SectionStore(Store):
    """One section of one edge: the whole of it in one read and one write. Source: protocol/ans.md §1.

    ``path`` is where the section is below the edge, by default ``<section>/config``. ``expect`` gives the document of a
    check-mode run as the earlier tasks of the run would have left it.

    Raises: ConfigurationError for an edge whose backend has no sections that are read and written whole.
    """

    def __init__(
        self,
        session: Session,
        edge: Edge,
        section: str,
        codec: DocumentCodec,
        *,
        path: str = "",
        expect: Expectation | None = None,
    ) -> None:
        edge = edge if edge.backend else EdgeDirectory(session).with_backend(edge)
        refuse_backend(edge, section, (backend.name for backend in BACKENDS.values() if backend.edge_path))
        self.session = session
        self.edge = edge
        self.backend = edge.backend
        self.section = section
        self._codec = codec
        self._path = path or f"{section}/config"
        self._expect = expect
        self.clock = session.clock

    @property
    def target(self) -> str:
        """``edge gateway web-edge``."""
        return f"edge gateway {self.edge.name or self.edge.edge_id}"

    @property
    def lock_key(self) -> str:
        """``https://host:443/edge/<uuid>``, or that of the VDC group whose edges are changed one at a time.

        The same in every process.
        """
        return f"{origin_of(self.session.identity.base_url)}/{lock_path(self.edge)}"

    @property
    def target_key(self) -> str:
        """``https://host:443/edge/<uuid>``: the same in every process and for every backend."""
        return f"{origin_of(self.session.identity.base_url)}/edge/{self.edge.edge_id}"

    @property
    def path(self) -> str:
        """The section's path below the API's base."""
        edge_path = BACKENDS[self.backend].edge_path.format(edge=quote(self.edge.edge_id, safe=""))
        return f"{edge_path}/{self._path}"

    def read(self) -> Document:
        """Raises: NotFoundError when there is no such edge or it has no such section; ApiError, DecodeError.

        In a check-mode run the document is as the run's earlier tasks would have left it.
        """
        document = self._read()
        run = getattr(self.session, "check_run", None)
        return document if run is None or self._expect is None else self._expect(self, document, run)

    def _read(self) -> Document:
        try:
            response = self.session.call("GET", self.path, accept=self._accept(), headers=_FRESH)
        except NotFoundError as exc:
            raise self._explained(exc) from exc
        return self._codec.parse(response.body)

    @property
    def is_version_checked(self) -> bool:
        """True unless the server is known not to take the version back, so that only looking again tells."""
        return self._version_check.is_made is not False

    @property
    def _version_check(self) -> _VersionCheck:
        return self.session.state_of(_VersionCheck)

    def commit(self, base: Document, document: Document) -> None:
        """Write the whole section; 200, 201 and 204 are done, 202 is a job to wait for.

        ``base`` is not needed for that. Source: protocol/ans.md §1.5, §7.

        Raises: ConflictError, BusyError and other ApiErrors, TransportError, TaskFailedError, TaskTimeoutError.
        """
        if self.backend != VCLOUDAIR or document.version is None:
            self._put(document)
            return
        if not self.is_version_checked:
            self._put(replace(document, version=None))
            return
        try:
            self._put(document)
        except ConflictError:
            self._version_check.is_made = True
            raise
        except InvalidRequestError:
            if self._version_check.is_made is not None or self.read().version != document.version:
                raise
            # Some servers refuse any version, says the original SDK. Nothing was done, and nobody else has written.
            self._put(replace(document, version=None))
            self._version_check.is_made = False
            _log.debug("%s takes no version back", self.target)
        else:
            self._version_check.is_made = True

    def _put(self, document: Document) -> None:
        response = self.session.call(
            "PUT",
            self.path,
            accept=self._accept(),
            content_type=self._codec.media_type,
            body=self._codec.encode(document),
        )
        if html_title(response.body):
            # A page of somebody in between: nobody knows what became of the write.
            raise html_error(response.body, f"the answer to the write of {self.target}", "a word of the server")
        if response.status == 202 and "Location" in response.headers:
            wait_for_job(self.session, last_part(response.headers["Location"]), self.target, self.clock)

    def _accept(self) -> str | None:
        # None: the session's own XML type with the version. Source: protocol/ans.md §1.2.
        return None if self._codec.media_type == XML else self._codec.media_type

    def _explained(self, exc: ApiError) -> NotFoundError:
        return NotFoundError(
            f"{self.target[:1].upper()}{self.target[1:]} does not exist, or has no {self.section} of this kind.",
            status=exc.status,
            code=exc.code,
            request_id=exc.request_id,
            method=exc.method,
            path=exc.path,
            hint="Check the name or UUID, that it is an advanced gateway, and the setting edge_api.",
        )


class StageableSectionStore(SectionStore, StageableStore):
    """A section without secrets, so that it may be staged."""

    @property
    def lasting_target(self) -> dict[str, str]:
        """The edge by UUID, with what would have to be looked up otherwise; the name is for messages only."""
        return {
            "edge": self.edge.edge_id,
            "edge_name": self.edge.name,
            "edge_backend": self.edge.backend,
            "edge_owner": self.edge.owner_id,
        }

    def dump(self, document: Document) -> bytes:
        """The document as it would be sent."""
        return self._codec.encode(document)

    def load(self, body: bytes) -> Document:
        """A document that :meth:`dump` gave. Raises DecodeError."""
        return self._codec.parse(body)


def wait_for_job(session: Session, job_id: str, target: str, clock: Clock) -> None:
    """Poll an edge job until it ends. Source: protocol/ans.md §7. Raises: TaskFailedError, TaskTimeoutError."""
    deadline = clock.now() + _JOB_TIMEOUT_S
    polls = 0
    while True:
        job = parse_job(session.call("GET", f"/network/edges/jobs/{quote(job_id, safe='')}").body)
        shown = {"job_id": job_id, "status": job.status, "message": job.message}
        if job.is_done:
            return
        if job.is_failed:
            raise TaskFailedError(
                f"Job {job_id} on {target} ended as {job.status}: {job.message or 'no message'}.", task=shown
            )
        if clock.now() >= deadline:
            raise TaskTimeoutError(
                f"Job {job_id} on {target} is {job.status or 'unknown'} after {_JOB_TIMEOUT_S:.0f} seconds.", task=shown
            )
        clock.sleep(_JOB_POLL_S[min(polls, len(_JOB_POLL_S) - 1)])
        polls += 1
