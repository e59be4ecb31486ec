"""The store of one section of an edge, which reads and writes the whole section."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Protocol
from urllib.parse import quote

from vcloudair_core.engine.ensure.garbage_collection import paused_collection
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
"""Headers of all reads of sections, so that caches do not answer them."""

_log = logging.getLogger(__name__)


@dataclass
class _VersionCheck:
    """The result of detecting whether ``/hybridity`` checks versions of sections.

    ``is_made`` is True if the server accepts and checks versions, False if it does not accept them, and None if the
    behavior of the server is not known yet. Source: protocol/ans.md §8.
    """

    is_made: bool | None = None


class DocumentCodec(Protocol):
    """The methods of a section codec that a store uses."""

    media_type: str

    def parse(self, body: bytes) -> Document:
        """Return the document of a response. Raises: DecodeError."""
        ...

    def encode(self, document: Document) -> bytes:
        """Return the request body to write a document."""
        ...


Expectation = Callable[["SectionStore", Document, "CheckRun"], Document]
"""A function that adds the changes of earlier tasks to a document in check mode."""


class SectionStore(Store):
    """A section of an edge, read and written as a whole. Source: protocol/ans.md §1.

    ``path`` is the path of the section below the edge. Default: ``<section>/config``. In check mode, ``expect`` adds
    the changes of earlier tasks to the documents.

    Raises: ConfigurationError if the class does not support the backend of the edge.
    """

    backends: ClassVar[tuple[str, ...]] = tuple(backend.name for backend in BACKENDS.values() if backend.edge_path)
    """The backends that the class supports."""

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
        refuse_backend(edge, section, self.backends)
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
        """The display name of the edge: ``edge gateway web-edge``."""
        return f"edge gateway {self.edge.name or self.edge.edge_id}"

    @property
    def lock_key(self) -> str:
        """The lock key of the edge: ``https://host:443/edge/<uuid>``.

        The key is the same in every process. If the server changes the edges of a VDC group one at a time, the lock key
        of all these edges is ``https://host:443/vdcGroup/<uuid>``.
        """
        return f"{origin_of(self.session.identity.base_url)}/{lock_path(self.edge)}"

    @property
    def target_key(self) -> str:
        """The key of the edge: ``https://host:443/edge/<uuid>``.

        The key is the same in every process and for every backend.
        """
        return f"{origin_of(self.session.identity.base_url)}/edge/{self.edge.edge_id}"

    @property
    def path(self) -> str:
        """The path of the section below the base URL of the API."""
        edge_path = BACKENDS[self.backend].edge_path.format(edge=quote(self.edge.edge_id, safe=""))
        return f"{edge_path}/{self._path}"

    def read(self) -> Document:
        """Return the section. In check mode, apply the changes of earlier tasks.

        Raises: NotFoundError if the edge or section does not exist; ApiError, DecodeError.
        """
        document = self._read()
        run = getattr(self.session, "check_run", None)
        return document if run is None or self._expect is None else self._expect(self, document, run)

    def _read(self) -> Document:
        try:
            response = self.session.call("GET", self.path, accept=self._accept(), headers=_FRESH)
        except NotFoundError as exc:
            raise self._explained(exc) from exc
        with paused_collection():
            return self._codec.parse(response.body)

    @property
    def is_version_checked(self) -> bool:
        """False if the server is known not to accept versions, True otherwise.

        If the server does not check versions, another read is necessary to detect that a section has changed.
        """
        return self._version_check.is_made is not False

    @property
    def _version_check(self) -> _VersionCheck:
        return self.session.state_of(_VersionCheck)

    def commit(self, base: Document, document: Document) -> None:
        """Write the whole section. ``base`` is not used.

        Status 200, 201 and 204 mean that the write is complete. Status 202 means that the server has started a job.
        Source: protocol/ans.md §1.5, §7.

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
            # According to vcloudair 0.5, some servers reject any version. The server rejected the write although the
            # version has not changed, so repeat the write without a version.
            self._put(replace(document, version=None))
            self._version_check.is_made = False
            _log.debug("%s: the server does not accept versions", self.target)
        else:
            self._version_check.is_made = True

    def _put(self, document: Document) -> None:
        with paused_collection():
            body = self._codec.encode(document)
        response = self.session.call(
            "PUT",
            self.path,
            accept=self._accept(),
            content_type=self._codec.media_type,
            body=body,
        )
        if html_title(response.body):
            # A proxy has sent an HTML page, so the result of the write is unknown.
            raise html_error(response.body, f"the response to the write of {self.target}", "a response of the server")
        if response.status == 202 and "Location" in response.headers:
            wait_for_job(self.session, last_part(response.headers["Location"]), self.target, self.clock)

    def _accept(self) -> str | None:
        # None selects the XML media type of the session with its version. Source: protocol/ans.md §1.2.
        return None if self._codec.media_type == XML else self._codec.media_type

    _missing_hint = "Check the name or UUID and the setting edge_api. The edge gateway must be an advanced gateway."
    """Hint of the error for a missing edge gateway or section."""

    def _explained(self, exc: ApiError) -> NotFoundError:
        return NotFoundError(
            f"Opening the {self.section} section of {self.target} failed. The edge gateway or section does not exist.",
            status=exc.status,
            code=exc.code,
            request_id=exc.request_id,
            method=exc.method,
            path=exc.path,
            hint=self._missing_hint,
        )


class StageableSectionStore(SectionStore, StageableStore):
    """A section without secrets, which can be staged."""

    @property
    def lasting_target(self) -> dict[str, str]:
        """A target that stays valid if the edge is renamed, and needs no lookup.

        The edge name in the target is used only in messages.
        """
        return {
            "edge": self.edge.edge_id,
            "edge_name": self.edge.name,
            "edge_backend": self.edge.backend,
            "edge_owner": self.edge.owner_id,
        }

    def dump(self, document: Document) -> bytes:
        """Return the document as the body of a write."""
        return self._codec.encode(document)

    def load(self, body: bytes) -> Document:
        """Return the document that :meth:`dump` saved. Raises: DecodeError."""
        return self._codec.parse(body)


def wait_for_job(session: Session, job_id: str, target: str, clock: Clock) -> None:
    """Poll an edge job until it ends.

    Source: protocol/ans.md §7. Raises: TaskFailedError, TaskTimeoutError.
    """
    deadline = clock.now() + _JOB_TIMEOUT_S
    polls = 0
    while True:
        job = parse_job(session.call("GET", f"/network/edges/jobs/{quote(job_id, safe='')}").body)
        shown = {"job_id": job_id, "status": job.status, "message": job.message}
        if job.is_done:
            return
        if job.is_failed:
            raise TaskFailedError(
                f"Job {job_id} on {target} failed with status {job.status}: {job.message or 'no message'}.", task=shown
            )
        if clock.now() >= deadline:
            raise TaskTimeoutError(
                f"Waiting for job {job_id} on {target} timed out. Its status after {_JOB_TIMEOUT_S:.0f} seconds is "
                f"{job.status or 'unknown'}.",
                task=shown,
            )
        clock.sleep(_JOB_POLL_S[min(polls, len(_JOB_POLL_S) - 1)])
        polls += 1
