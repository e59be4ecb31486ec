"""The section ``dns``, and its resource kinds ``ans.dns`` and ``ans.dns_zone``."""

from __future__ import annotations

from typing import Any

from vcloudair_core.engine.kind import Document, Store
from vcloudair_core.engine.plan import Plan
from vcloudair_core.engine.rulelist import ListPlan
from vcloudair_core.engine.validation import Problems
from vcloudair_core.errors import SpecError
from vcloudair_core.services.ans.dns.limits import RULE_LIMITS, SETTING_LIMITS
from vcloudair_core.services.ans.dns.spec import DnsSpec, DnsZoneSpec
from vcloudair_core.services.ans.edge.backend import JSON, NSXT, NSXV, XML
from vcloudair_core.services.ans.section.descriptor import NsxtSection, Section, with_defaults
from vcloudair_core.services.ans.section.document import SectionCodec, SectionState, state_of
from vcloudair_core.services.ans.section.store import SectionStore


class DnsSection(Section[DnsSpec, DnsZoneSpec]):
    """DNS forwarding. Only NSX-T edge gateways have conditional zones."""

    def check_result(self, document: Document, spec: Any, list_plan: ListPlan | None) -> None:
        """Raise SpecError if an NSX-T edge gateway could not enable DNS forwarding.

        DNS forwarding needs a listener and a default zone. Source: protocol/nsxt.md §10.
        """
        if spec is None or document.backend != NSXT:
            return
        current = state_of(document).settings
        values = {
            name: getattr(current, name) if getattr(spec, name) is None else getattr(spec, name)
            for name in ("enabled", "listener_ip", "servers")
        }
        problems = Problems()
        for name in ("listener_ip", "servers"):
            if values["enabled"] and not values[name]:
                problems.add(name, "is required to enable DNS forwarding on an NSX-T edge gateway")
        problems.raise_if_any()

    def plain_settings(self, settings: Any) -> dict[str, Any]:
        """Return the settings as plain data, without those that the edge gateway lacks."""
        shown = super().plain_settings(settings)
        return {name: value for name, value in shown.items() if getattr(settings, name) is not None}

    def warnings(self, store: Store, state: SectionState[DnsSpec], plan: Plan) -> tuple[str, ...]:
        """Warn if DNS forwarding is enabled without DNS servers."""
        if state.settings.enabled and not state.settings.servers:
            return ("DNS forwarding is enabled but has no DNS servers, so it answers no queries. Set servers.",)
        return ()


def _completed(spec: DnsZoneSpec) -> DnsZoneSpec:
    """Return the spec of a new zone with its defaults.

    Raises: SpecError for missing fields.
    """
    for name in ("domains", "servers"):
        if getattr(spec, name) is None:
            raise SpecError(name, "is required, because the zone does not exist yet")
    return with_defaults(spec)  # type: ignore[no-any-return]  # returns the type of its argument


def _exact(spec: DnsZoneSpec, current: DnsZoneSpec) -> DnsZoneSpec:
    """Return ``spec`` unchanged. With ``state: exact``, zones need no defaults.

    The domains and servers of a zone have no default values.
    """
    return spec


def _json() -> SectionCodec[DnsSpec]:
    from vcloudair_core.services.ans.dns.codec_json import JsonDnsCodec

    return JsonDnsCodec(NSXV)


def _xml() -> SectionCodec[DnsSpec]:
    from vcloudair_core.services.ans.dns.codec_xml import XmlDnsCodec

    return XmlDnsCodec()


def _nsxt(api_version: str) -> SectionCodec[DnsSpec]:
    from vcloudair_core.services.ans.dns.nsxt.codec import NsxtDnsCodec

    return NsxtDnsCodec()


def _nsxt_store() -> type[SectionStore]:
    from vcloudair_core.services.ans.dns.nsxt.store import NsxtDnsStore

    return NsxtDnsStore


SECTION = DnsSection(
    name="dns",
    rule_name="dns_zone",
    title="DNS forwarding",
    noun="DNS zone",
    spec_type=DnsSpec,
    rule_type=DnsZoneSpec,
    codecs={(NSXV, JSON): _json, (NSXV, XML): _xml},
    nsxt=NsxtSection(_nsxt, _nsxt_store),
    rules_field="zones",
    is_ordered=False,
    completed=_completed,
    exact=_exact,
    rule_limits=RULE_LIMITS,
    setting_limits=SETTING_LIMITS,
    module="vca_dns",
)
