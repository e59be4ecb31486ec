"""Complete and check specs of DHCP entries on NSX-T edge gateways.

Source: protocol/nsxt.md §10.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import Any

from vcloudair_core.engine.canonical import address_range, fold
from vcloudair_core.engine.fields import diff_fields
from vcloudair_core.engine.kind import Document
from vcloudair_core.engine.rulelist import RuleListKind
from vcloudair_core.engine.validation import Problems
from vcloudair_core.errors import SpecError
from vcloudair_core.services.ans.dhcp.nsxt.codec import NsxtBindingCodec, NsxtDhcpPoolCodec
from vcloudair_core.services.ans.dhcp.nsxt.document import (
    BINDINGS,
    POOLS,
    RELAY_MODE,
    ends_of,
    holds,
    ipv4_of,
    networks_of,
    records_of,
    shared_values,
)
from vcloudair_core.services.ans.dhcp.records import completed, effective, exact
from vcloudair_core.services.ans.dhcp.spec import DhcpBindingSpec, DhcpPoolSpec, mac_key
from vcloudair_core.services.ans.section.json_values import mapping_of


@dataclass(frozen=True)
class NetworkPlans:
    """The networks of a document, to complete the specs of its records.

    Attributes:
        networks: The networks, by display name.
        shared: The lease time and DNS servers that the specs set for a network, by display name.
    """

    networks: Mapping[str, Mapping[str, Any]]
    shared: Mapping[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Document) -> NetworkPlans:
        """Return the networks of a document."""
        return cls({str(network["name"]): network for network in networks_of(document.tree).values()})

    def network_of(self, spec: Any) -> str | None:
        """Return the display name of the network of a spec.

        If ``network`` is not set, return the only network that contains the addresses. Return None if there are
        several such networks, or none.
        """
        if spec.network is not None:
            return str(spec.network)
        addresses = ends_of(spec)
        names = [name for name, network in self.networks.items() if addresses and holds(network, *addresses)]
        return names[0] if len(names) == 1 else None

    def with_shared_of(self, specs: Sequence[Any], path: Callable[[int], str]) -> NetworkPlans:
        """Return a copy with the values that the specs of pools set for their networks.

        Raises: SpecError if two pools of a network set different values.
        """
        shared: dict[str, dict[str, Any]] = {}
        problems = Problems()
        for index, spec in enumerate(specs):
            name = self.network_of(spec)
            if name is None:
                continue
            values = shared.setdefault(name, {})
            for option, value in _shared_of(spec).items():
                if values.setdefault(option, value) != value:
                    problems.add(
                        f"{path(index)}{option}",
                        f"differs from the value of another pool of the network {name!r}",
                        "On NSX-T edge gateways, all pools of a network have the same lease time and DNS servers.",
                    )
        problems.raise_if_any()
        return replace(self, shared=shared)

    def placed(self, spec: Any) -> Any:
        """Return a spec with its network, and the values that all its pools get."""
        name = self.network_of(spec)
        spec = replace(spec, network=name) if name is not None and spec.network is None else spec
        values = self.shared.get(name or "", {})
        defaults = {option: value for option, value in values.items() if getattr(spec, option) is None}
        return replace(spec, **defaults) if defaults else spec

    def new_pool(self, spec: DhcpPoolSpec) -> DhcpPoolSpec:
        """Return the spec of a new pool.

        It gets the lease time and DNS servers of its network.

        Raises: SpecError if the network is not known.
        """
        spec = self.placed(spec)
        current: Any = NsxtDhcpPoolCodec().rule_of(shared_values(self._known(spec).get("config")))
        spec = effective(spec, current)
        return completed(spec if spec.lease_time else replace(spec, lease_time=current.lease_time))

    def new_binding(self, spec: DhcpBindingSpec) -> DhcpBindingSpec:
        """Return the spec of a new static binding.

        Raises: SpecError for missing required fields, and if the network is not known.
        """
        spec = completed(self.placed(spec))
        self._known(spec)
        return spec

    def existing(self, spec: Any, current: Any) -> Any:
        """Return a spec for an existing record.

        A new address can change the network of a static binding.
        """
        return effective(self.placed(spec) if ends_of(spec) else spec, current)

    def exact(self, spec: Any, current: Any) -> Any:
        """Return a spec for ``state: exact``, with defaults for omitted fields."""
        return exact(self.placed(spec), current)

    def _known(self, spec: Any) -> Mapping[str, Any]:
        network = self.networks.get(spec.network or "")
        if network is None:
            raise _no_network(spec, self.networks)
        return network


def _shared_of(spec: Any) -> dict[str, Any]:
    """Return the values of a pool that belong to its network.

    Omitted options have no value.
    """
    if spec.dns_servers is None and spec.auto_configure_dns is None:
        values: dict[str, Any] = {}
    else:
        servers = () if spec.auto_configure_dns else tuple(spec.dns_servers or ())
        values = {"auto_configure_dns": not servers, "dns_servers": servers}
    return {**values, **({"lease_time": fold(spec.lease_time)} if spec.lease_time is not None else {})}


def _no_network(spec: Any, networks: Mapping[str, Mapping[str, Any]]) -> SpecError:
    option = "ip_range" if isinstance(spec, DhcpPoolSpec) else "ip_address"
    names = [name for name, network in networks.items() if ends_of(spec) and holds(network, *ends_of(spec))]
    shown = ", ".join(map(repr, names or networks))
    if names:
        reason = f"is required, because several networks contain the {option}: {shown}"
        return SpecError("network", reason, hint="Set network to one of these networks.")
    reason = f"{getattr(spec, option)!r} is not in the subnet of a network of the edge gateway"
    hint = (
        f"Use an address of a connected network: {shown}."
        if networks
        else "Connect a network to the edge gateway first."
    )
    return SpecError(option, reason, hint=hint)


def nsxt_list(kind: RuleListKind, plans: NetworkPlans) -> RuleListKind:
    """Return the rule list kind of pools or static bindings on an NSX-T edge gateway."""
    is_pool = kind.identities.shown == ("ip_range",)
    return replace(
        kind,
        completed=plans.new_pool if is_pool else plans.new_binding,
        effective=plans.existing,
        exact=plans.exact,
    )


# -- checks of the result ------------------------------------------------------------------------------------------


def check_document(before: Document, after: Document, spec: Any) -> None:
    """Raise SpecError if the server would reject a document after an edit.

    Only new and changed pools and static bindings are checked. ``after`` is the document with the edit. ``spec`` is the
    spec of the whole section, or None.
    """
    problems = Problems()
    networks = networks_of(after.tree)
    pools = [(record, NsxtDhcpPoolCodec().rule_of(record)) for record in _users(after.tree, POOLS)]
    bindings = [(record, NsxtBindingCodec().rule_of(record)) for record in _users(after.tree, BINDINGS)]
    old_pools, old_bindings = records_of(before.tree, POOLS), records_of(before.tree, BINDINGS)
    for record, pool in pools:
        if record not in old_pools:
            _check_pool(record, pool, networks, _path(spec, "pools", pool), problems)
    for record, binding in bindings:
        if record not in old_bindings:
            _check_binding(record, binding, networks, _path(spec, "bindings", binding), problems)
    _check_collisions(pools, bindings, old_pools, old_bindings, spec, problems)
    if spec is not None and spec.enabled is False:
        _check_disabled(before, after, problems)
    problems.raise_if_any()


def _users(tree: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    codec = NsxtDhcpPoolCodec() if kind == POOLS else NsxtBindingCodec()
    return [record for record in records_of(tree, kind) if codec.rule_type_of(record) == "user"]


def _path(spec: Any, rules_field: str, rule: Any) -> Callable[[str], str]:
    """Return a function that returns the path of an option of a rule in the input."""
    rules = getattr(spec, rules_field, None) or ()
    key = rule.match_by
    canonical: Callable[[Any], Any] = mac_key if key == "mac_address" else lambda text: address_range(text or "")
    own_key = canonical(getattr(rule, key))
    index = next((at for at, item in enumerate(rules) if canonical(getattr(item, key)) == own_key), None)
    return lambda option: option if index is None else f"{rules_field}[{index}].{option}"


def _check_pool(
    record: Mapping[str, Any],
    pool: DhcpPoolSpec,
    networks: Mapping[str, Mapping[str, Any]],
    path: Callable[[str], str],
    problems: Problems,
) -> None:
    network = networks.get(str(record.get("networkId")))
    if network is None or not holds(network, *ends_of(pool)):
        problems.add(path("ip_range"), f"{pool.ip_range!r} is not in a subnet of the network {record.get('network')!r}")
        return
    if mapping_of(network.get("config")).get("mode") == RELAY_MODE:
        hint = "Use another network, or delete its DHCP service in the portal first. The DHCP mode cannot change."
        problems.add(path("network"), f"the network {network['name']!r} relays DHCP requests, so it has no pools", hint)
    if _overlap(pool.ip_range, ipv4_of(network)[0]):
        problems.add(path("ip_range"), f"{pool.ip_range!r} contains the gateway of the network {network['name']!r}")
    static = next((text for text in network.get("static_pools") or () if _overlap(pool.ip_range, text)), None)
    if static is not None:
        problems.add(
            path("ip_range"),
            f"{pool.ip_range!r} overlaps the static IP pool {static} of the network {network['name']!r}",
            "Use a range outside the static IP pools, or reduce the static IP pool.",
        )


def _check_binding(
    record: Mapping[str, Any],
    binding: DhcpBindingSpec,
    networks: Mapping[str, Mapping[str, Any]],
    path: Callable[[str], str],
    problems: Problems,
) -> None:
    network = networks.get(str(record.get("networkId")))
    address = binding.ip_address or ""
    if network is None or not (ends_of(binding) and holds(network, address)):
        problems.add(path("ip_address"), f"{address!r} is not in a subnet of the network {record.get('network')!r}")
        return
    config = mapping_of(network.get("config"))
    if not config.get("enabled") or config.get("mode") == RELAY_MODE:
        reason = f"DHCP is not enabled in the network {network['name']!r}, so it cannot have static bindings"
        problems.add(path("network"), reason, "Add a DHCP pool to the network first.")
    gateway = ipv4_of(network)[0]
    if gateway is not None and ip_address(address) == ip_address(gateway):
        problems.add(path("ip_address"), f"{address!r} is the gateway of the network {network['name']!r}")


def _check_collisions(
    pools: Sequence[tuple[Mapping[str, Any], DhcpPoolSpec]],
    bindings: Sequence[tuple[Mapping[str, Any], DhcpBindingSpec]],
    old_pools: Sequence[Mapping[str, Any]],
    old_bindings: Sequence[Mapping[str, Any]],
    spec: Any,
    problems: Problems,
) -> None:
    """Add a problem for each static binding whose address is in a pool."""
    for record, binding in bindings:
        for pool_record, pool in pools:
            is_old = record in old_bindings and pool_record in old_pools
            is_same = record.get("networkId") == pool_record.get("networkId")
            if not is_old and is_same and _overlap(pool.ip_range, binding.ip_address):
                where = _path(spec, "bindings", binding)("ip_address")
                if record in old_bindings:
                    where = _path(spec, "pools", pool)("ip_range")
                reason = f"the pool {pool.ip_range} contains {binding.ip_address}, the address of a static binding"
                problems.add(where, reason, "Use an address outside the pools for the static binding.")


def _check_disabled(before: Document, after: Document, problems: Problems) -> None:
    """Add a problem if ``enabled: false`` contradicts the first pool of a network."""
    old = networks_of(before.tree)
    for urn, network in networks_of(after.tree).items():
        was_enabled = mapping_of(old[urn].get("config")).get("enabled")
        if mapping_of(network.get("config")).get("enabled") and not was_enabled:
            reason = f"the first pool of the network {network['name']!r} enables DHCP there"
            problems.add("enabled", reason, "Omit enabled, and disable DHCP in another task.")


def _overlap(first: str | None, second: str | None) -> bool:
    spans = address_range(first or ""), address_range(second or "")
    if spans[0] is None or spans[1] is None or spans[0][0] != spans[1][0]:
        return False
    return spans[0][1] <= spans[1][2] and spans[1][1] <= spans[0][2]


def check_fixed_fields(specs: Sequence[Any], plans: NetworkPlans, path: Callable[[int], str]) -> None:
    """Raise SpecError for values that only the network determines.

    These are the default gateway of a pool, and the subnet mask.
    """
    problems = Problems()
    for index, spec in enumerate(specs):
        network = plans.networks.get(plans.network_of(spec) or "")
        if network is None:
            continue
        names = ("default_gateway", "subnet_mask") if isinstance(spec, DhcpPoolSpec) else ("subnet_mask",)
        gateway, netmask = ipv4_of(network)
        current = replace(spec, **dict(zip(("default_gateway", "subnet_mask"), (gateway, netmask), strict=True)))
        for name in names:
            if getattr(spec, name) is not None and name in diff_fields(current, spec):
                reason = f"must be {getattr(current, name)}, the value of the network {network['name']!r}"
                problems.add(f"{path(index)}{name}", reason, f"Omit {name}.")
    problems.raise_if_any()


def changed_networks(specs: Sequence[Any], plans: NetworkPlans, document: Document) -> list[str]:
    """Return the names of networks in which pools that are not in ``specs`` change.

    The lease time or the DNS servers of these pools change.
    """
    listed = {address_range(spec.ip_range or "") for spec in specs}
    names = []
    for record in _users(document.tree, POOLS):
        pool = NsxtDhcpPoolCodec().rule_of(record)
        shared = plans.shared.get(pool.network or "", {})
        differs = any(_value_of(pool, option) != value for option, value in shared.items())
        if differs and address_range(pool.ip_range or "") not in listed and pool.network not in names:
            names.append(str(pool.network))
    return names


def _value_of(pool: DhcpPoolSpec, option: str) -> Any:
    value = getattr(pool, option)
    return fold(value) if option == "lease_time" and value is not None else value
