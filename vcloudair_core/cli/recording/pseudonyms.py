"""Replace names, addresses, descriptions and metadata of a recorded tenant."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from vcloudair_core.cli.recording.addresses import AddressMap

_KINDS = {"users": "user", "catalogs": "catalog", "vdcs": "vdc", "edges": "edge", "networks": "network",
          "storage_profiles": "storage-profile", "vapps": "vapp", "vms": "vm", "templates": "template",
          "replications": "vm", "orgs": "org", "service_accounts": "account", "media": "media",
          "vdc_groups": "vdc-group"}  # fmt: skip
"""Kind of name that each list in the inventory file contains.

A replication has the name of its VM, so both have the same kind.
"""
_REFERENCES = {"vapp": "vapp", "network": "network", "edge": "edge", "storage_profile": "storage-profile",
               "catalog": "catalog", "full_name": "org", "description": "description",
               "network_provider": "nsx-manager"}  # fmt: skip
"""Kind of the referenced object, for each field that names another object."""
_ADDRESS_FIELDS = {"gateway", "ip_address", "dns1", "dns2"}
_SECTION_TEXTS = {
    "name": "rule",
    "description": "description",
    "comment": "description",
    "comments": "description",
    "localId": "id",
    "peerId": "id",
    "remoteId": "id",
    "attributeValue": "value",
}
_OBJECTS = {
    "firewall_groups": "firewall-group",
    "sourceFirewallGroups": "firewall-group",
    "destinationFirewallGroups": "firewall-group",
    "port_profiles": "port-profile",
    "applicationPortProfiles": "port-profile",
    "applicationPortProfile": "port-profile",
    "members": "network",
    "appliedTo": "network",
}
"""Kind of the objects that a field of an NSX-T section defines or names."""
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)


class Pseudonyms:
    """A mapping of texts to pseudonyms. Equal texts always get the same pseudonym.

    ``key`` is random by default, so the replacements of an address differ between files.
    """

    def __init__(self, key: bytes = b"") -> None:
        self._key = key or secrets.token_bytes(32)
        self._addresses = AddressMap(self._key)
        self._names: dict[str, dict[str, str]] = {}

    def replace(self, tree: Mapping[str, Any]) -> dict[str, Any]:
        """Return the contents of an inventory file with names replaced by pseudonyms."""
        return {name: self._field(name, value) for name, value in tree.items()}

    def _field(self, name: str, value: Any) -> Any:
        if name == "sections":
            return {section: self._section("", contents) for section, contents in value.items()}
        if name in ("firewall", *_OBJECTS):
            return self._section(name, value)
        if name == "metadata":
            return {key: self._metadata_value(item) for key, item in value.items()}
        if name in _KINDS and isinstance(value, list):
            return [self._object(_KINDS[name], item) for item in value]
        if isinstance(value, list):
            return [self.replace(item) if isinstance(item, Mapping) else item for item in value]
        if isinstance(value, Mapping):
            return self._object(name, value)
        if name in _REFERENCES and value:
            return self.name(_REFERENCES[name], value)
        return self._addresses.replace_in(value) if name in _ADDRESS_FIELDS else value

    def _object(self, kind: str, item: Any) -> Any:
        if isinstance(item, str):
            return self.name(kind, item)
        return {
            field: self.name(kind, str(value)) if field == "name" else self._field(field, value)
            for field, value in item.items()
        }

    def name(self, kind: str, text: str) -> str:
        """Return the pseudonym for a name: the kind of object and a number (``vm-3``)."""
        names = self._names.setdefault(kind, {})
        return names.setdefault(text, f"{kind}-{len(names) + 1}")

    def _metadata_value(self, value: Any) -> Any:
        """Replace a metadata value.

        A string becomes ``value-<number>``, and a number becomes another number. Booleans do not change.
        """
        if isinstance(value, bool):
            return value
        if isinstance(value, (int, float)):
            return self._number_of("metadata", str(value))
        if isinstance(value, datetime):
            return value.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
        return self.name("value", str(value))

    def _number_of(self, kind: str, text: str) -> int:
        return int(self.name(kind, text).rpartition("-")[2])

    def _section(self, field: str, value: Any) -> Any:
        """Replace the names and addresses in the JSON of an edge section."""
        if isinstance(value, Mapping):
            kind = _OBJECTS.get(field)
            return {
                name: self._object_name(kind, item) if kind and name == "name" else self._section(name, item)
                for name, item in value.items()
            }
        if isinstance(value, list):
            return [self._section(field, item) for item in value]
        if not isinstance(value, str) or not value:
            return value
        shown = self._addresses.replace_in(value)
        if field in _SECTION_TEXTS and (shown == value or field in ("name", "description")):
            return self.name(_SECTION_TEXTS[field], value)
        return _UUID.sub(self._identifier, shown)

    def _object_name(self, kind: str, name: str) -> str:
        """Return the pseudonym of an object that is named in rules.

        Profiles that every NSX-T manager has keep their names.
        """
        from vcloudair_core.simulator.nsxt.firewall.system_profiles import SYSTEM_NAMES

        return name if kind == "port-profile" and name in SYSTEM_NAMES else self.name(kind, name)

    def _identifier(self, match: re.Match[str]) -> str:
        digest = hmac.new(self._key, match[0].lower().encode(), hashlib.sha256).hexdigest()
        return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))
