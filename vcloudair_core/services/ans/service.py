"""The human face of ANS: ``AnsService`` of a client, and ``ANSFirewall`` as the original SDK had it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, overload

from vcloudair_core.engine.kind import Document
from vcloudair_core.engine.parsing import Problems
from vcloudair_core.errors import DecodeError, NotFoundError, ServerError
from vcloudair_core.services.ans.edges import Edge, uuid_in
from vcloudair_core.services.ans.firewall_codec_json import JsonFirewallCodec
from vcloudair_core.services.ans.firewall_parse import read_rule
from vcloudair_core.services.ans.firewall_spec import completed_rule
from vcloudair_core.services.ans.store import EdgeDirectory, dialect_of, firewall_store

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session


class AnsService:
    """Edge gateways of one session."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def list_edges(self, vdc: str | None = None) -> list[Edge]:
        """All edge gateways that the session sees, by name; ``vdc`` (name or UUID) limits them to one VDC."""
        return EdgeDirectory(self.session).list_edges(vdc or "")

    def find_edge(self, name_or_id: str, vdc: str | None = None) -> Edge:
        """One edge gateway. Raises: NotFoundError, AmbiguousMatchError, ConfigurationError."""
        return EdgeDirectory(self.session).find(name_or_id, vdc or "")

    def firewall(self, edge: str | Edge, vdc: str | None = None) -> ANSFirewall:
        """The firewall of an edge as an editable list of raw rules. For convergence use ``client.ensure``."""
        found = edge if isinstance(edge, Edge) else self.find_edge(edge, vdc)
        return ANSFirewall.over(self.session, found)


class ANSFirewall:
    """An edge's firewall as raw JSON that you edit and save whole.

    Iterating, indexing, slicing, ``len`` and ``del`` work on the rules, the server's own included; ``config_data`` is
    everything. It is loaded at first use. ``org_info`` is what :class:`VCASession` returned; it beats ``vcdurl`` and
    ``token``.

    Talks the JSON of ``/hybridity``; where a server has no such thing, as a plain vCloud Director, the JSON of
    ``/network/edges``.
    """

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
    def over(cls, session: Session, edge: Edge) -> ANSFirewall:
        """The same over a session that is already there."""
        firewall = cls.__new__(cls)
        is_hybridity = dialect_of(session) == "hybridity"
        firewall._set_up(session, edge, ("hybridity",) if is_hybridity else ("network_json",))
        return firewall

    def _set_up(self, session: Session, edge: Edge, dialects: tuple[str, ...]) -> None:
        self.edge = edge
        self._stores = [firewall_store(session, edge, dialect) for dialect in dialects]
        self._loaded = False
        self._config: dict[str, Any] = {}
        self._rules: list[Any] = []

    # -- the section ---------------------------------------------------------------------------------------------

    def get_config(self) -> None:
        """Load the section, dropping what was changed and not saved. Raises: ApiError, TransportError, DecodeError."""
        document = self._read()
        # In place: references to the configuration that a program holds stay good.
        self._config.clear()
        self._config.update(document.tree)
        outer = dict(self._config.get("firewallRules") or {})
        self._rules[:] = outer.get("firewallRules") or []
        outer["firewallRules"] = self._rules
        self._config["firewallRules"] = outer
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
        store.commit(JsonFirewallCodec(store.dialect).document(self._config))
        self.get_config()

    @property
    def config_data(self) -> dict[str, Any]:
        """The whole section as the server sent it, and as it will be saved: change it in place."""
        self._load()
        return self._config

    @config_data.setter
    def config_data(self, value: Mapping[str, Any]) -> None:
        document = JsonFirewallCodec(self._stores[0].dialect).document(dict(value))
        self._config = document.tree
        outer = self._config.setdefault("firewallRules", {})
        self._rules = outer.setdefault("firewallRules", [])
        self._loaded = True

    def _load(self) -> None:
        if not self._loaded:
            self.get_config()

    # -- the rules -----------------------------------------------------------------------------------------------

    @property
    def records(self) -> list[Any]:
        """The list of raw rules itself."""
        self._load()
        held: list[Any] = self._config["firewallRules"]["firewallRules"]
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
        return f"ANSFirewall({self.edge.name or self.edge.edge_id!r})"

    def add_rule(
        self,
        name: str,
        source: str,
        destination: str,
        action: str = "accept",
        protocol: str = "tcp",
        source_port: str | int = "any",
        dest_port: str | int = "any",
    ) -> None:
        """Add a rule at the end of the list; :meth:`save_config` sends it.

        ``source`` and ``destination``: an address, CIDR or range, ``internal``, ``external``, ``vse``, ``vnic-N``,
        ``any``, or the id of a grouping object. Raises SpecError, before anything is sent.
        """
        words: dict[str, Any] = {"name": name, "source": source, "destination": destination, "action": action}
        words["protocol"] = protocol
        ports = {"source_port": source_port, "dest_port": dest_port}
        if str(protocol).casefold() != "icmp" or set(ports.values()) != {"any"}:
            words |= ports
        problems = Problems()
        spec = read_rule(words, "", problems)
        problems.raise_if_any()
        records = self.records
        rule = JsonFirewallCodec(self._stores[0].dialect).new_rule(completed_rule(spec))
        for side in ("source", "destination"):
            # All lists are there, also for any: programs of the original SDK go on to append to them.
            rule.setdefault(side, {"ipAddress": [], "vnicGroupId": []})
        records.append(rule)
