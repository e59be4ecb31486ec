"""A section of an edge as raw JSON that one edits and saves whole, as the original SDK had it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, overload

from vcloudair_core.engine.kind import Document
from vcloudair_core.errors import DecodeError, NotFoundError, ServerError
from vcloudair_core.services.ans.edges import Edge, uuid_in
from vcloudair_core.services.ans.section_store import SectionCodec, SectionStore
from vcloudair_core.services.ans.store import dialect_of

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session

_Section = TypeVar("_Section", bound="EdgeSection")


class JsonSectionCodec(SectionCodec, Protocol):
    """A codec whose documents are made of plain JSON."""

    def document(self, tree: Any) -> Document:
        """A document around a parsed tree. Raises DecodeError when it is no such section."""
        ...


class EdgeSection:
    """One section of one edge: load it, edit it in place, save it whole.

    Iterating, indexing, slicing, ``len`` and ``del`` work on its records, the server's own included; ``config_data`` is
    everything. It is loaded at first use. ``org_info`` is what :class:`VCASession` returned; it beats ``vcdurl`` and
    ``token``.

    Talks the JSON of ``/hybridity``; where a server has no such thing, as a plain vCloud Director, the JSON of
    ``/network/edges``.
    """

    section: ClassVar[str] = ""
    """Its name in URLs."""

    records_path: ClassVar[tuple[str, str]] = ("", "")
    """Where its records are: the outer and the inner key."""

    def __init__(
        self,
        edge_id: str,
        org_info: Mapping[str, Any] | None = None,
        vcdurl: str | None = None,
        token: str | None = None,
    ) -> None:
        from vcloudair_core.session.facade import session_for

        edge = Edge(uuid_in(edge_id) or edge_id)
        self._set_up(session_for(org_info, vcdurl, token), edge, ("hybridity", "network_json"))

    @classmethod
    def over(cls: type[_Section], session: Session, edge: Edge) -> _Section:
        """The same over a session that is already there."""
        made = cls.__new__(cls)
        is_hybridity = dialect_of(session) == "hybridity"
        made._set_up(session, edge, ("hybridity",) if is_hybridity else ("network_json",))
        return made

    def _set_up(self, session: Session, edge: Edge, dialects: tuple[str, ...]) -> None:
        self.edge = edge
        self._stores = [
            SectionStore(session, edge, dialect, self.section, self.json_codec(dialect)) for dialect in dialects
        ]
        self._loaded = False
        self._config: dict[str, Any] = {}
        self._records: list[Any] = []

    @classmethod
    def json_codec(cls, dialect: str) -> JsonSectionCodec:
        """The codec of the section in one dialect of JSON."""
        raise NotImplementedError

    # -- the section ---------------------------------------------------------------------------------------------

    def get_config(self) -> None:
        """Load the section, dropping what was changed and not saved. Raises: ApiError, TransportError, DecodeError."""
        document = self._read()
        outer_key, inner_key = self.records_path
        # In place: references to the configuration that a program holds stay good.
        self._config.clear()
        self._config.update(document.tree)
        outer = dict(self._config.get(outer_key) or {})
        self._records[:] = outer.get(inner_key) or []
        outer[inner_key] = self._records
        self._config[outer_key] = outer
        self._loaded = True

    def _read(self) -> Document:
        first_error: Exception | None = None
        while True:
            store = self._stores[0]
            try:
                return store.read()
            except (NotFoundError, DecodeError, ServerError) as exc:
                # No hybridity here, if another form answers: 404, 501, or a portal's page. What failed first is told.
                is_absence = not isinstance(exc, ServerError) or exc.status == 501
                if len(self._stores) == 1 or not is_absence:
                    raise first_error or exc from exc
                first_error = exc
                self._stores = self._stores[1:]

    def save_config(self) -> None:
        """Write the whole section, then load it again, because the server gives ids and a new version.

        Raises: ConflictError when somebody else has written since (where the server checks); other ApiErrors.
        """
        self._load()
        store = self._stores[0]
        store.commit(self.json_codec(self.dialect).document(self._config))
        self.get_config()

    @property
    def dialect(self) -> str:
        """The dialect that the server turned out to speak, or until it was asked, the first to try."""
        return self._stores[0].dialect

    @property
    def config_data(self) -> dict[str, Any]:
        """The whole section as the server sent it, and as it will be saved: change it in place."""
        self._load()
        return self._config

    @config_data.setter
    def config_data(self, value: Mapping[str, Any]) -> None:
        self._config = self.json_codec(self.dialect).document(dict(value)).tree
        outer_key, inner_key = self.records_path
        outer = self._config[outer_key] = self._config.get(outer_key) or {}
        self._records = outer[inner_key] = outer.get(inner_key) or []
        self._loaded = True

    def _load(self) -> None:
        if not self._loaded:
            self.get_config()

    # -- the records ---------------------------------------------------------------------------------------------

    @property
    def records(self) -> list[Any]:
        """The list of raw records itself."""
        self._load()
        outer_key, inner_key = self.records_path
        held: list[Any] = self._config[outer_key][inner_key]
        return held

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
        return f"{type(self).__name__}({self.edge.name or self.edge.edge_id!r})"
