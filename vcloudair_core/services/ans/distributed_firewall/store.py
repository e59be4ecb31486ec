"""The store for the distributed firewall of a VDC group.

Source: protocol/nsxt.md §8.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from vcloudair_core.engine.kind import Document, StageableStore
from vcloudair_core.errors import (
    ApiError,
    ConfigurationError,
    ConflictError,
    DecodeError,
    InvalidRequestError,
    NotFoundError,
    VcloudAirError,
)
from vcloudair_core.services.ans.distributed_firewall.codec import POLICIES, SECTION, default_policy, is_active
from vcloudair_core.services.ans.edge.backend import NSXT, backend_in_version
from vcloudair_core.services.ans.firewall.limits import is_default_name
from vcloudair_core.services.ans.names.nsxt import NsxtDirectory
from vcloudair_core.services.ans.names.store import document_with_names
from vcloudair_core.services.ans.nsxt.api import CloudApi
from vcloudair_core.services.ans.nsxt.helper_objects import HelperObjects
from vcloudair_core.services.ans.nsxt.open_writes import OpenWrites
from vcloudair_core.services.ans.nsxt.owner import ObjectOwner
from vcloudair_core.services.ans.nsxt.references import sent
from vcloudair_core.services.ans.nsxt.rule_store import CloudApiStore
from vcloudair_core.services.ans.nsxt.store import PROVIDER_ORG, SingleWrites, changed_records
from vcloudair_core.services.ans.section.json_values import items_of, mapping_of
from vcloudair_core.services.ans.vdc_group.directory import GROUPS
from vcloudair_core.services.ans.vdc_group.model import NSX_T, OrgVdcGroup
from vcloudair_core.transport.messages import origin_of
from vcloudair_core.util import xml

if TYPE_CHECKING:
    from lxml.etree import _Element

    from vcloudair_core.services.ans.section.store import DocumentCodec
    from vcloudair_core.session.expected_changes import CheckRun
    from vcloudair_core.session.session import Session

_IDLE_TIMEOUT_S = 600.0
_IDLE_POLL_S = 1.0
_OPEN_TASKS = "type=task&format=records&filter=status==running,status==queued"


class DistributedFirewallStore(CloudApiStore, StageableStore):
    """The store of the distributed firewall of a VDC group.

    If one rule is changed or deleted, only this rule is written. For all other changes, one call writes all rules with
    their IDs and versions, because the API cannot add a single rule. Immediately before this call, the rules are read
    again.

    ``expect`` adds the changes of earlier tasks to documents in check mode.

    Raises: ConfigurationError if the networks of the group are not NSX-T networks.
    """

    section = SECTION
    wants_policies = True
    """True if reads include the policies.

    False if the desired state does not set ``enabled``.
    """

    def __init__(
        self,
        session: Session,
        group: OrgVdcGroup,
        codec: DocumentCodec,
        expect: Callable[[DistributedFirewallStore, Document, CheckRun], Document] | None = None,
    ) -> None:
        if group.provider_type not in ("", NSX_T):
            raise ConfigurationError(
                f"Opening the distributed firewall of {group.title} failed. The networks of the group are not NSX-T "
                "networks.",
                hint="Use a VDC group with NSX-T networks.",
            )
        self.session = session
        self.group = group
        self.backend = backend_in_version(NSXT, session.identity.api_version)
        self.clock = session.clock
        is_provider = session.identity.org_name.casefold() == PROVIDER_ORG
        self.api = CloudApi(session, group.org_id if is_provider else "")
        self.objects = HelperObjects(session, self.api, ObjectOwner(group.title, group.urn, group.urn))
        self.directory = NsxtDirectory(session, self.objects, group.urn)
        self.open_writes = OpenWrites(session.settings, self.lock_key)
        self._codec = codec
        self._expect = expect

    @property
    def target(self) -> str:
        """The display name of the group: ``VDC group dc-group``."""
        return self.group.title

    @property
    def lock_key(self) -> str:
        """The lock key of the group: ``https://host:443/vdcGroup/<uuid>``.

        The edge gateways of the group have the same lock key.
        """
        return f"{origin_of(self.session.identity.base_url)}/vdcGroup/{self.group.group_id}"

    @property
    def is_version_checked(self) -> bool:
        """True, because the store compares versions before it writes all rules."""
        return True

    @property
    def lasting_target(self) -> dict[str, str]:
        """The target with all properties of the VDC group.

        Opening the store again with this target makes no call.
        """
        group = self.group
        return {
            "vdc_group": group.group_id,
            "vdc_group_name": group.name,
            "vdc_group_org": group.org_id,
            "vdc_group_provider": group.provider_type,
        }

    def dump(self, document: Document) -> bytes:
        """Return the document as bytes."""
        return self._codec.encode(document)

    def load(self, body: bytes) -> Document:
        """Return the document that :meth:`dump` saved, with the names of its objects.

        Raises: DecodeError.
        """
        return document_with_names(self._codec.parse(body), self.directory)

    def document_of(self, tree: dict[str, Any]) -> Document:
        """Return the document of a tree, with the names of its objects.

        Raises: DecodeError.
        """
        return document_with_names(super().document_of(tree), self.directory)

    # -- reading -------------------------------------------------------------------------------------------------

    def read(self) -> Document:
        """Return the rules. In check mode, include the planned changes of earlier tasks.

        Raises: NotFoundError if the group has no distributed firewall; ApiError, DecodeError.
        """
        document = self._read()
        run = getattr(self.session, "check_run", None)
        return document if run is None or self._expect is None else self._expect(self, document, run)

    def read_tree(self) -> dict[str, Any]:
        """Return the rules with the content of their groups and profiles."""
        tree: dict[str, Any] = {}
        if self.wants_policies:
            tree[POLICIES] = self._policies()
        if self.wants_policies and not is_active(tree[POLICIES]):
            return {**tree, SECTION: {"values": []}}
        response = self._rules()
        if isinstance(response["values"], list):
            response = {**response, "values": self.objects.describe(response["values"])}
        return {**tree, SECTION: response}

    def _policies(self) -> dict[str, Any]:
        """Return the raw policies: the state of the firewall and the default policy."""
        return self._object("enabled", "policies", self._path("dfwPolicies"))

    def _rules(self) -> dict[str, Any]:
        return self._object("values", "rules", self._rules_path())

    def _object(self, key: str, what: str, path: str) -> dict[str, Any]:
        """Return the JSON object of a response. Raises: DecodeError if it has no ``key``."""
        response = self.api.get(path)
        if not isinstance(response, dict) or key not in response:
            raise DecodeError(f"Reading the distributed firewall of {self.target} failed. The response has no {what}.")
        return response

    def _current(self) -> list[dict[str, Any]]:
        """Return the raw rules on the server, without the content of groups and profiles."""
        return list(items_of(self._rules()["values"]))

    def wait_until_idle(self) -> None:
        """Wait until no server task is changing the group.

        Source: protocol/query.md §4.1 (records of tasks).
        """
        deadline = self.clock.now() + _IDLE_TIMEOUT_S
        while self.clock.now() < deadline:
            response = self.session.call("GET", "/api/query", query=_OPEN_TASKS)
            records = xml.parse(response.body, what="the list of tasks")
            if not any(_is_of_group(record, self.group) for record in records):
                return
            self.clock.sleep(_IDLE_POLL_S)

    def explained(self, exc: ApiError) -> NotFoundError:
        """Return the error to raise if the group has no distributed firewall."""
        return NotFoundError(
            f"Opening the distributed firewall of {self.target} failed. The VDC group does not exist, or its "
            "distributed firewall is not active.",
            status=exc.status,
            code=exc.code,
            request_id=exc.request_id,
            method=exc.method,
            path=exc.path,
            hint="Check vdc_group. To activate the distributed firewall, set enabled to true.",
        )

    # -- writing -------------------------------------------------------------------------------------------------

    def records_of(self, document: Document) -> list[dict[str, Any]]:
        """Return the raw rules of a document, in order, with the default rule."""
        return list(mapping_of(document.tree.get(SECTION)).get("values") or ())

    def write_changes(
        self, base: Document, document: Document, before: Sequence[dict[str, Any]], records: Sequence[dict[str, Any]]
    ) -> None:
        """Write the changed rules and policies.

        The distributed firewall is activated before its rules are written. The default policy is disabled after the
        rules are written.
        """
        writes = SingleWrites(self.api)
        policies, previous = document.tree.get(POLICIES), base.tree.get(POLICIES)
        is_activated = is_active(policies) and not is_active(previous)
        if is_activated:
            writes.write("PUT", self._path("dfwPolicies"), {"enabled": True})
            # The server creates the default rule, which the write of all rules must contain.
            before = self._current()
            records = [*records, *(record for record in before if is_default_name(str(record.get("name") or "")))]
        try:
            self._write_rules(writes, before, records)
        except InvalidRequestError as exc:
            raise self._inactive(exc) from exc
        if is_activated:
            previous = self._policies()
            policies = {"defaultPolicy": {**default_policy(previous), "enabled": True}}
        if policies is not None and default_policy(policies) != default_policy(previous):
            writes.write("PUT", self._path("dfwPolicies/default"), dict(default_policy(policies)))

    def _inactive(self, exc: InvalidRequestError) -> VcloudAirError:
        """Return the error to raise for a refused write.

        If the distributed firewall is inactive, the error says so. Otherwise, return ``exc``.
        """
        if is_active(self._policies()):
            return exc
        return ConfigurationError(
            f"Writing the distributed firewall of {self.target} failed. The distributed firewall is not active.",
            hint="Set enabled to true.",
        )

    def _write_rules(
        self, writes: SingleWrites, before: Sequence[dict[str, Any]], records: Sequence[dict[str, Any]]
    ) -> None:
        deleted, changed, new = changed_records(before, records)
        is_sorted = [record["id"] for record in records if record.get("id")] == [
            record["id"] for record in before if record["id"] not in deleted
        ]
        if is_sorted and not new and len(deleted) + len(changed) == 1:
            if deleted:
                writes.write("DELETE", self._rules_path(deleted[0]))
            else:
                writes.write("PUT", self._rules_path(str(changed[0]["id"])), sent(changed[0]))
        elif deleted or changed or new or not is_sorted:
            self._refuse_change(before)
            writes.write("PUT", self._rules_path(), {"values": [sent(record) for record in records]})

    def _refuse_change(self, before: Sequence[Mapping[str, Any]]) -> None:
        """Raise ConflictError if another client has changed the rules since the read.

        The write of all rules would delete rules that another client has added. Source: protocol/nsxt.md §8.
        """
        if [_stamp(record) for record in self._current()] != [_stamp(record) for record in before]:
            raise ConflictError(
                f"Conflict on {self.target}: another client has changed the distributed firewall.",
                hint="Run the task again.",
            )

    def _rules_path(self, rule_id: str = "") -> str:
        rule = f"/{quote(rule_id, safe='')}" if rule_id else ""
        return self._path(f"dfwPolicies/default/rules{rule}")

    def _path(self, path: str) -> str:
        return f"{GROUPS}/{quote(self.group.urn, safe=':')}/{path}"


def _stamp(record: Mapping[str, Any]) -> tuple[str, Any, Any]:
    """Return the ID and version of a rule, to detect changes by other clients.

    If the rule has no version, the result contains the whole rule.
    """
    version = mapping_of(record.get("version")).get("version")
    return str(record.get("id")), version, sent(record) if version is None else None


def _is_of_group(record: _Element, group: OrgVdcGroup) -> bool:
    """Return True if a task record names a VDC group or its distributed firewall."""
    return record.get("objectName") == group.name or str(record.get("name") or "").startswith("vdcGroup")
