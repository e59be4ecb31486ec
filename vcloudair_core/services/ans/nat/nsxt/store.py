"""The store for NAT rules of NSX-T edge gateways. Source: protocol/nsxt.md §6."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from vcloudair_core.engine.kind import Document
from vcloudair_core.errors import NotFoundError, PermissionDeniedError
from vcloudair_core.services.ans.nat.nsxt.codec import V2_SINCE
from vcloudair_core.services.ans.nat.nsxt.profiles import with_named_profiles
from vcloudair_core.services.ans.nsxt.api import gateway_path
from vcloudair_core.services.ans.nsxt.ignored_logging import IGNORED_LOGGING, LoggingRequests
from vcloudair_core.services.ans.nsxt.references import sent
from vcloudair_core.services.ans.nsxt.store import NsxtStore, SingleWrites, changed_records
from vcloudair_core.services.ans.section.json_values import bool_of, mapping_of
from vcloudair_core.services.ans.section.store import StageableSectionStore
from vcloudair_core.session.versions import is_at_least


class NsxtNatStore(NsxtStore, StageableSectionStore):
    """The NAT rules of an NSX-T edge gateway.

    Only changed rules are sent, each in a separate request, so unchanged rules of other clients are not overwritten.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._logging = LoggingRequests(self.session, self.target_key)

    @property
    def ignored_logging(self) -> set[str]:
        """Names of rules for which the server ignored a request to enable logging."""
        return self._logging.ignored

    @property
    def is_written_whole(self) -> bool:
        """False, because each rule is written in its own request."""
        return False

    def read_tree(self) -> dict[str, Any]:
        """Return the rules with the content of their profiles."""
        listed = self.api.cursor_pages(self._rules_path())
        records = [record for record in listed if isinstance(record, dict)]
        for record in records:
            self._logging.check(record, _traffic(record))
        described = with_named_profiles(self.objects, self.objects.describe(records))
        return {"nat": {"values": described}, IGNORED_LOGGING: self._logging.are_ignored}

    def records_of(self, document: Document) -> list[dict[str, Any]]:
        """Return the raw rules of a document, without system rules."""
        records = mapping_of(document.tree.get("nat")).get("values") or ()
        return [record for record in records if not bool_of(record.get("systemRule"), False)]

    def write_changes(
        self, base: Document, document: Document, before: Sequence[dict[str, Any]], records: Sequence[dict[str, Any]]
    ) -> None:
        """Write the changed rules, then the new rules, and delete rules last.

        In this order, traffic keeps its translation while a new rule replaces an old rule.
        """
        writes = SingleWrites(self.api)
        deleted, changed, new = changed_records(before, records)
        for record in changed:
            self._write_existing(writes, "PUT", str(record["id"]), sent(record))
        for record in new:
            writes.write("POST", self._rules_path(), sent(record))
        for rule_id in deleted:
            self._write_existing(writes, "DELETE", rule_id)
        self._logging.add(_traffic(record) for record in (*changed, *new) if record.get("logging"))

    def _write_existing(
        self, writes: SingleWrites, method: str, rule_id: str, body: Mapping[str, Any] | None = None
    ) -> None:
        """Change or delete a rule.

        The server answers with status 403 or 404 if another client has deleted the rule. Source: protocol/nsxt.md §1.3.

        Raises: NotFoundError if the rule to change does not exist; the errors of :meth:`CloudApi.write`.
        """
        try:
            writes.write(method, self._rules_path(rule_id), body)
        except (NotFoundError, PermissionDeniedError) as exc:
            if any(record.get("id") == rule_id for record in self.api.cursor_pages(self._rules_path())):
                raise
            if method == "DELETE":
                return
            missing = NotFoundError(f"The NAT rule {rule_id} of {self.target} no longer exists.", status=exc.status)
            missing.written = exc.written
            raise missing from exc

    def _rules_path(self, rule_id: str = "") -> str:
        rule = f"/{quote(rule_id, safe='')}" if rule_id else ""
        version = "2.0.0" if is_at_least(self.api.version, V2_SINCE) else "1.0.0"
        return gateway_path(self.edge.edge_id, f"nat/rules{rule}", version)


def _traffic(record: Mapping[str, Any]) -> Hashable:
    """Return the traffic and translation of a rule, which identify a new rule."""
    keys = ("type", "externalAddresses", "internalAddresses", "dnatExternalPort", "snatDestinationAddresses")
    profile = mapping_of(record.get("applicationPortProfile")).get("id")
    return (*(str(record.get(key) or "") for key in keys), str(profile or ""))
