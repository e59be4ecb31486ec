"""The store for the firewall of NSX-T edge gateways. Source: protocol/nsxt.md §5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from vcloudair_core.engine.kind import Document
from vcloudair_core.errors import DecodeError, NotFoundError, PermissionDeniedError
from vcloudair_core.services.ans.firewall.nsxt.rule_codec import INLINE_SINCE
from vcloudair_core.services.ans.names.nsxt import NsxtDirectory
from vcloudair_core.services.ans.names.store import document_with_names
from vcloudair_core.services.ans.nsxt.api import gateway_path
from vcloudair_core.services.ans.nsxt.ignored_logging import IGNORED_LOGGING, LoggingRequests
from vcloudair_core.services.ans.nsxt.references import sent
from vcloudair_core.services.ans.nsxt.store import NsxtStore, SingleWrites, changed_records
from vcloudair_core.services.ans.section.document import SectionDocument
from vcloudair_core.services.ans.section.json_codec import JsonCodec
from vcloudair_core.services.ans.section.json_values import mapping_of
from vcloudair_core.services.ans.section.store import StageableSectionStore
from vcloudair_core.session.versions import is_at_least


class NsxtFirewallStore(NsxtStore, StageableSectionStore):
    """The firewall rules of an NSX-T edge gateway.

    A single changed rule is sent in its own request, so rules that other clients add at the same time are kept. Several
    changes, or a change of order, are sent as one request with all rules.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._earlier: SectionDocument[Any] | None = None
        self._logging = LoggingRequests(self.session, self.target_key)
        self.directory = NsxtDirectory(self.session, self.objects, f"urn:vcloud:gateway:{self.edge.edge_id}")

    wants_state = False
    """True if the desired state sets ``enabled``.

    Only then is the state of the firewall read.
    """

    @property
    def ignored_logging(self) -> set[str]:
        """Names of rules for which the server ignored a request to enable logging."""
        return self._logging.ignored

    @property
    def is_inline(self) -> bool:
        """True if rules contain addresses and ports instead of references to objects."""
        return is_at_least(self.api.version, INLINE_SINCE)

    @property
    def is_version_checked(self) -> bool:
        """True for API version 38.1 and newer, where the server can add a single rule.

        In older versions, a new rule can be added only by writing all rules. Such a write deletes the rules that
        another client has added since the last read.
        """
        return self.is_inline

    def load(self, body: bytes) -> Document:
        """Return the document that :meth:`dump` saved, with the names of its objects.

        Raises: DecodeError.
        """
        return document_with_names(super().load(body), self.directory)

    def document_of(self, tree: dict[str, Any]) -> Document:
        """Return the document for a tree from :meth:`read_tree`, with object names.

        Raises: DecodeError.
        """
        document = super().document_of(tree)
        assert isinstance(document, SectionDocument), type(document).__name__
        assert isinstance(self._codec, JsonCodec), type(self._codec).__name__
        if self._earlier is not None:
            # Most rules are the same before and after a write, so they are decoded only once.
            document = self._codec.with_kept_rules(document, self._earlier)
        named = document_with_names(document, self.directory)
        self._earlier = named if isinstance(named, SectionDocument) else None
        return named

    def read_tree(self) -> dict[str, Any]:
        """Return the rules with the content of their groups and profiles."""
        rules = self.api.get(self._rules_path())
        if not isinstance(rules, dict) or "userDefinedRules" not in rules:
            raise DecodeError(f"Reading the firewall of {self.target} failed. The response contains no rules.")
        users = rules["userDefinedRules"]
        tree: dict[str, Any] = {"firewall": rules}
        if isinstance(users, list):
            for rule in users:
                self._logging.check(mapping_of(rule), mapping_of(rule).get("name"))
            tree["firewall"] = {**rules, "userDefinedRules": self.objects.describe(users)}
        tree[IGNORED_LOGGING] = self._logging.are_ignored
        if self.wants_state:
            tree["state"] = self._read_state()
        return tree

    def _read_state(self) -> dict[str, Any]:
        if not self.is_inline:
            return {"active": True}
        try:
            return dict(self.api.get(self._path_below("firewall/state")))
        except (NotFoundError, PermissionDeniedError):
            return {"active": True}

    def records_of(self, document: Document) -> list[dict[str, Any]]:
        """Return the raw user rules of a document, in order."""
        return list(mapping_of(document.tree.get("firewall")).get("userDefinedRules") or ())

    def write_changes(
        self, base: Document, document: Document, before: Sequence[dict[str, Any]], records: Sequence[dict[str, Any]]
    ) -> None:
        """Write the changed rules, and then the state of the firewall if it changed."""
        writes = SingleWrites(self.api)
        deleted, changed, new = changed_records(before, records)
        is_sorted = [record["id"] for record in records if record.get("id")] == [
            record["id"] for record in before if record["id"] not in deleted
        ]
        count = len(deleted) + len(changed) + len(new)
        if count == 1 and is_sorted and (self.is_inline or not new):
            self._write_one(writes, deleted, changed or new, records)
        elif count or not is_sorted:
            writes.write("PUT", self._rules_path(), {"userDefinedRules": [sent(record) for record in records]})
        self._logging.add(record.get("name") for record in (*changed, *new) if record.get("logging"))
        state = document.tree.get("state")
        if state is not None and state != base.tree.get("state"):
            writes.write("PUT", self._path_below("firewall/state"), state)

    def _write_one(
        self,
        writes: SingleWrites,
        deleted: Sequence[str],
        changed: Sequence[dict[str, Any]],
        records: Sequence[dict[str, Any]],
    ) -> None:
        if deleted:
            writes.write("DELETE", self._rules_path(deleted[0]))
            return
        (record,) = changed
        if record.get("id"):
            writes.write("PUT", self._rules_path(str(record["id"])), sent(record))
            return
        place = next(at for at, candidate in enumerate(records) if candidate is record)
        writes.write("POST", self._rules_path(), {**sent(record), **_position(records, place)})

    def _rules_path(self, rule_id: str = "") -> str:
        rule = f"/{quote(rule_id, safe='')}" if rule_id else ""
        return self._path_below(f"firewall/rules{rule}")

    def _path_below(self, path: str) -> str:
        return gateway_path(self.edge.edge_id, path, "2.0.0" if self.is_inline else "1.0.0")


def _position(records: Sequence[Mapping[str, Any]], place: int) -> dict[str, Any]:
    """Return the position of a new rule: before the next rule, or after the last rule.

    Source: protocol/nsxt.md §0.2 (``rulePosition``).
    """
    if place + 1 < len(records):
        return {"relativePosition": {"rulePosition": "BEFORE", "adjacentRuleId": records[place + 1]["id"]}}
    if place:
        return {"relativePosition": {"rulePosition": "AFTER", "adjacentRuleId": records[place - 1]["id"]}}
    return {}
