"""A section of an edge as raw JSON that one edits and saves whole, as the original SDK had it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, overload

from vcloudair_core.compat.sdk_errors import compatible_errors
from vcloudair_core.engine.kind import Document
from vcloudair_core.errors import DecodeError, NotFoundError, ServerError
from vcloudair_core.services.ans.edge.backend import JSON, NSXV, VCLOUDAIR
from vcloudair_core.services.ans.edge.directory import EdgeDirectory
from vcloudair_core.services.ans.edge.model import Edge, uuid_in
from vcloudair_core.services.ans.section.backends import refuse_unsupported
from vcloudair_core.services.ans.section.store import DocumentCodec, SectionStore
from vcloudair_core.services.ans.sections import load_section

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session

_Section = TypeVar("_Section", bound="EdgeSection")


class JsonSectionCodec(DocumentCodec, Protocol):
    """A codec whose documents are made of plain JSON."""

    def document(self, tree: Any) -> Document:
        """A document around a parsed tree. Raises DecodeError when it is no such section."""
        ...


class EdgeSection:
    """One section of one edge: load it, edit it in place, save it whole.

    Iterating, indexing, slicing, ``len`` and ``del`` work on its records, the server's own included; ``config_data`` is
    everything. It is loaded at first use. ``org_info`` is what :class:`VCASession` returned; it beats ``vcdurl`` and
    ``token``. ``edge``, ``headers`` and ``base_url`` may be changed: the next call uses them as they are then.

    Talks the JSON of ``/hybridity``; where a server has no such thing, as a plain vCloud Director, the JSON of
    ``/network/edges``.
    """

    section: ClassVar[str] = ""
    """Its name in URLs."""

    records_path: ClassVar[tuple[str, str]] = ("", "")
    """Path to its records: the outer and the inner key."""

    edge: str
    """The id of the edge gateway, as it was given."""

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
        """The same over a session that is already there."""
        made = cls.__new__(cls)
        edge = EdgeDirectory(session).with_backend(edge)
        refuse_unsupported(edge, load_section(cls.section))
        made._set_up(lambda: session, edge, (edge.backend,))
        made.base_url, made.headers = session.identity.base_url, {}
        return made

    def _set_up(self, session: Callable[[], Session], edge: Edge, backends: tuple[str, ...]) -> None:
        self.edge = edge.edge_id
        self._edge_as_made = edge
        self._session = session
        self._backends = backends
        self._stores_of: tuple[Session, str] | None = None
        self._stores: list[SectionStore] = []
        self._loaded = False
        self._version: int | None = None
        self._config: dict[str, Any] = {}
        self._records: list[Any] = []

    def _store(self) -> SectionStore:
        """The store of the edge and the session as they are now: a program may have changed either."""
        key = (self._session(), self.edge)
        if self._stores_of != key:
            session, edge = key[0], self._edge_now()
            self._stores = [
                SectionStore(session, replace(edge, backend=backend), self.section, self.json_codec(backend))
                for backend in self._backends
            ]
            is_other_edge = self._stores_of is not None and self._stores_of[1] != self.edge
            # A version counts the writes of one edge: to another one, the section goes without.
            self._version = None if is_other_edge else self._version
            self._stores_of = key
        return self._stores[0]

    def _edge_now(self) -> Edge:
        known = self._edge_as_made if self.edge == self._edge_as_made.edge_id else Edge(self.edge)
        return replace(known, edge_id=uuid_in(self.edge) or self.edge)

    @classmethod
    def json_codec(cls, backend: str) -> JsonSectionCodec:
        """The codec of the section in the JSON of a backend."""
        raise NotImplementedError

    # -- the section ---------------------------------------------------------------------------------------------

    @compatible_errors(ValueError)
    def get_config(self) -> None:
        """Load the section, dropping what was changed and not saved. Raises: ApiError, TransportError, DecodeError."""
        document = self._read()
        outer_key, inner_key = self.records_path
        # In place: references to the configuration that a program holds stay good.
        self._config.clear()
        # A program may keep the configuration in a file and restore it later: the version belongs to this read only.
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
                # No hybridity here, if another form answers: 404, 501, or a portal's page. What failed first is told.
                is_absence = not isinstance(exc, ServerError) or exc.status == 501
                if len(self._stores) == 1 or not is_absence:
                    raise first_error or exc from exc
                first_error = exc
                self._stores = self._stores[1:]

    @compatible_errors(ValueError)
    def save_config(self) -> None:
        """Write the whole section, then load it again, because the server gives ids and a new version.

        Raises: ConflictError when somebody else has written since (where the server checks); other ApiErrors.
        """
        self._load()
        store = self._store()
        version = {} if self._version is None else {"version": self._version}
        document = self.json_codec(self.backend).document(version | self._config)
        # Nothing is left of what was read, because programs change it in place. A section is written whole anyway.
        store.commit(document, document)
        self.get_config()

    @property
    def backend(self) -> str:
        """The backend that the edge turned out to have, or until it was asked, the first to try."""
        return self._store().backend if self.section else self._backends[0]

    @property
    def config_data(self) -> dict[str, Any]:
        """The whole section as the server sent it, and as it will be saved: change it in place.

        Without the version, which :meth:`save_config` sends along as it was last read.
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
        """The list of raw records itself."""
        self._load()
        outer_key, inner_key = self.records_path
        held: list[Any] = self._config[outer_key][inner_key] if self._loaded else self._records
        return held

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
        edge = self._edge_now()
        return f"{type(self).__name__}({edge.name or edge.edge_id!r})"
