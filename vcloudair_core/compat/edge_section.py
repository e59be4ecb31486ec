"""Base class of the vcloudair 0.5 classes for sections of an edge gateway."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, overload

from vcloudair_core.audit.trail import audited
from vcloudair_core.compat.sdk_errors import compatible_errors
from vcloudair_core.engine.kind import Document
from vcloudair_core.errors import DecodeError, NotFoundError, ServerError
from vcloudair_core.services.ans.edge.backend import JSON, NSXV, VCLOUDAIR
from vcloudair_core.services.ans.edge.directory import EdgeDirectory
from vcloudair_core.services.ans.edge.model import Edge, refuse_backend, uuid_in
from vcloudair_core.services.ans.section.store import DocumentCodec, SectionStore
from vcloudair_core.services.ans.sections import load_section

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session

_Section = TypeVar("_Section", bound="EdgeSection")


class JsonSectionCodec(DocumentCodec, Protocol):
    """A codec for sections whose document tree is plain JSON."""

    def document(self, tree: Any) -> Document:
        """Return the document for a parsed JSON tree.

        Raises DecodeError if the tree contains another section.
        """
        ...


class EdgeSection:
    """A section of an edge gateway as raw JSON.

    The section is loaded at first use. Edit the data in place, and then save the whole section. Iteration, indexing,
    slicing, ``len`` and ``del`` work on the records, including server-generated records. ``config_data`` is the whole
    section. ``org_info`` is the login result of :class:`VCASession`. The values in ``org_info`` take precedence over
    ``vcdurl`` and ``token``. Changes to ``edge``, ``headers`` and ``base_url`` apply to the next call.

    Requests use the JSON API ``/hybridity``, or ``/network/edges`` on servers without ``/hybridity``.
    """

    section: ClassVar[str] = ""
    """Name of the section in URLs."""

    records_path: ClassVar[tuple[str, str]] = ("", "")
    """Path of the records in the section: outer key and inner key."""

    edge: str
    """ID of the edge gateway, as the caller passed it."""

    base_url: str | None
    headers: dict[str, Any]

    def __init__(
        self,
        edge_id: str,
        org_info: Mapping[str, Any] | None = None,
        vcdurl: str | None = None,
        token: str | None = None,
    ) -> None:
        from vcloudair_core.compat.connection import Connection

        connection = Connection(org_info, vcdurl, token, content_type=JSON)
        self._set_up(lambda: connection.session(self.base_url, self.headers), Edge(edge_id), (VCLOUDAIR, NSXV))
        self.base_url = connection.url
        self.headers = connection.headers

    @classmethod
    def over(cls: type[_Section], session: Session, edge: Edge) -> _Section:
        """Return the section of an edge gateway, using ``session`` for its requests."""
        section = cls.__new__(cls)
        edge = EdgeDirectory(session).with_backend(edge)
        refuse_backend(edge, cls.section, (backend for backend, _ in load_section(cls.section).codecs))
        section._set_up(lambda: session, edge, (edge.backend,))
        section.base_url, section.headers = session.identity.base_url, {}
        return section

    def _set_up(self, session: Callable[[], Session], edge: Edge, backends: tuple[str, ...]) -> None:
        self.edge = edge.edge_id
        self._initial_edge = edge
        self._session = session
        self._backends = backends
        self._stores_of: tuple[Session, str] | None = None
        self._stores: list[SectionStore] = []
        self._loaded = False
        self._version: int | None = None
        self._config: dict[str, Any] = {}
        self._records: list[Any] = []

    def _store(self) -> SectionStore:
        """Return the store for the current edge gateway and session.

        A new store is created after a program has changed the edge gateway, the headers or the URL.
        """
        key = (self._session(), self.edge)
        if self._stores_of != key:
            session, edge = key[0], self._current_edge()
            self._stores = [
                SectionStore(session, replace(edge, backend=backend), self.section, self.json_codec(backend))
                for backend in self._backends
            ]
            is_other_edge = self._stores_of is not None and self._stores_of[1] != self.edge
            # The version counts the writes of an edge gateway, so it is not valid for another edge gateway.
            self._version = None if is_other_edge else self._version
            self._stores_of = key
        return self._stores[0]

    def _current_edge(self) -> Edge:
        edge = self._initial_edge if self.edge == self._initial_edge.edge_id else Edge(self.edge)
        return replace(edge, edge_id=uuid_in(self.edge) or self.edge)

    @classmethod
    def json_codec(cls, backend: str) -> JsonSectionCodec:
        """Return the JSON codec of the section for a backend."""
        raise NotImplementedError

    # -- the section ---------------------------------------------------------------------------------------------

    @compatible_errors(ValueError)
    def get_config(self) -> None:
        """Load the section. Unsaved changes are lost.

        Raises: ApiError, TransportError, DecodeError.
        """
        document = self._read()
        outer_key, inner_key = self.records_path
        # Update the dict in place, because programs may hold references to it.
        self._config.clear()
        # Omit the version, which is no longer valid when a program restores the configuration from a file.
        self._config.update({key: value for key, value in document.tree.items() if key != "version"})
        self._version = document.version
        outer = dict(self._config.get(outer_key) or {})
        self._records[:] = outer.get(inner_key) or []
        outer[inner_key] = self._records
        self._config[outer_key] = outer
        self._loaded = True

    def _read(self) -> Document:
        first_error: Exception | None = None
        while True:
            store = self._store()
            try:
                return store.read()
            except (NotFoundError, DecodeError, ServerError) as exc:
                # A 404, a 501 or a portal page means that the server has no /hybridity. Try the next API. If all APIs
                # fail, raise the first error.
                is_absence = not isinstance(exc, ServerError) or exc.status == 501
                if len(self._stores) == 1 or not is_absence:
                    raise first_error or exc from exc
                first_error = exc
                self._stores = self._stores[1:]

    @compatible_errors(ValueError)
    def save_config(self) -> None:
        """Write the whole section, then reload it to get the new IDs and version.

        Raises: ConflictError if another client has changed the section and the server checks the version; other
        ApiErrors.
        """
        self._load()
        store = self._store()
        version = {} if self._version is None else {"version": self._version}
        document = self.json_codec(self.backend).document(version | self._config)
        # The document that was read is not available as the base, because programs change it in place.
        with audited(store.session, f"ans.{self.section}") as observer:
            observer.commit(store, document)
        self.get_config()

    @property
    def backend(self) -> str:
        """The backend of the edge gateway.

        Before the first request, this is the backend that the request will try first.
        """
        return self._store().backend if self.section else self._backends[0]

    @property
    def config_data(self) -> dict[str, Any]:
        """The whole section from the server, without the version.

        Programs can change this data in place. :meth:`save_config` sends the version of the last read.
        """
        self._load()
        return self._config

    @config_data.setter
    def config_data(self, value: Mapping[str, Any]) -> None:
        self._config = self.json_codec(self.backend).document(dict(value)).tree
        outer_key, inner_key = self.records_path
        outer = self._config[outer_key] = self._config.get(outer_key) or {}
        self._records = outer[inner_key] = outer.get(inner_key) or []
        self._loaded = True

    def _load(self) -> None:
        if not self._loaded and self.section:
            self.get_config()

    # -- the records ---------------------------------------------------------------------------------------------

    @property
    def records(self) -> list[Any]:
        """The list of raw records."""
        self._load()
        outer_key, inner_key = self.records_path
        records: list[Any] = self._config[outer_key][inner_key] if self._loaded else self._records
        return records

    @records.setter
    def records(self, value: Iterable[Any]) -> None:
        self._load()
        outer_key, inner_key = self.records_path
        self._records = self._config[outer_key][inner_key] = value if isinstance(value, list) else list(value)

    def __len__(self) -> int:
        return len(self.records)

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...

    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...

    def __getitem__(self, index: int | slice) -> Any:
        return self.records[index]

    def __delitem__(self, index: int | slice) -> None:
        del self.records[index]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.records)

    def __repr__(self) -> str:
        edge = self._current_edge()
        return f"{type(self).__name__}({edge.name or edge.edge_id!r})"
