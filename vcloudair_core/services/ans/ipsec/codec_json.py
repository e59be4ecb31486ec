"""The JSON codec of IPsec for ``/hybridity`` and ``/network/edges``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vcloudair_core.engine.kind import Document
from vcloudair_core.services.ans.ipsec.model import (
    CERTIFICATES,
    NOT_SENT,
    SUBNETS,
    Ipsec,
    IpsecDocument,
    new_site_values,
    site_changes,
    tunnel_of,
    with_certificate_ids,
    with_certificate_names,
)
from vcloudair_core.services.ans.ipsec.spec import IpsecSpec, IpsecTunnelSpec
from vcloudair_core.services.ans.section.document import SectionEdit
from vcloudair_core.services.ans.section.json_codec import JsonCodec, without_nulls
from vcloudair_core.services.ans.section.json_values import bool_of, mapping_of, text_of, texts_of


class JsonIpsecCodec(JsonCodec[IpsecSpec]):
    """A codec for IPsec in JSON.

    The attribute ``backend`` determines whether a write sends the version.

    Source: protocol/ans.md §4.1-4.2, §8.
    """

    section = "ipsec"
    what = "the IPsec configuration"
    records_path = ("sites", "sites")
    feature_type = "ipsec_4.0"
    not_sent = NOT_SENT
    has_secrets = True
    document_type = IpsecDocument

    def decode(self, document: Document) -> Ipsec:
        """Return the decoded section, with names of certificates in place of IDs."""
        return with_certificate_names(document, super().decode(document))

    def merge(self, document: Document, edit: SectionEdit) -> Document:
        """Return a document with an edit applied, and with IDs of certificates."""
        return super().merge(document, with_certificate_ids(document, edit))

    def settings_of(self, tree: Mapping[str, Any]) -> IpsecSpec:
        """Return the section without its tunnels and keys."""
        logging, shared = mapping_of(tree.get("logging")), mapping_of(tree.get("global"))
        certificates = {
            name: texts_of(mapping_of(shared.get(outer)).get(inner)) for name, (outer, inner) in CERTIFICATES.items()
        }
        return IpsecSpec(
            enabled=bool_of(tree.get("enabled"), False),
            logging=bool_of(logging.get("enable"), True),
            log_level=(text_of(logging.get("logLevel")) or "warning").lower(),
            disable_event=bool_of(tree.get("disableEvent"), False),
            service_certificate=text_of(shared.get("serviceCertificate")) or None,
            ca_certificates=certificates["ca_certificates"],
            crl_certificates=certificates["crl_certificates"],
        )

    def rule_of(self, record: Mapping[str, Any]) -> IpsecTunnelSpec:
        """Decode the tunnel in a record, without the pre-shared key."""
        return tunnel_of(record, *(texts_of(mapping_of(record.get(wire)).get("subnets")) for wire in SUBNETS.values()))

    def set_settings(self, tree: dict[str, Any], settings: Mapping[str, Any]) -> None:
        """Set ``settings`` in ``tree``, a copy that the caller has made."""
        logging, shared = dict(mapping_of(tree.get("logging"))), dict(mapping_of(tree.get("global")))
        for name, value in settings.items():
            if name == "enabled":
                tree["enabled"] = value
            elif name == "disable_event":
                tree["disableEvent"] = value
            elif name in ("logging", "log_level"):
                logging["enable" if name == "logging" else "logLevel"] = value
                tree["logging"] = logging
            elif name == "global_psk":
                shared["psk"] = value.reveal()
            elif name == "service_certificate":
                shared["serviceCertificate"] = value
            else:
                outer, inner = CERTIFICATES[name]
                shared[outer] = {**mapping_of(shared.get(outer)), inner: list(value)}
        if {"global_psk", "service_certificate", *CERTIFICATES}.intersection(settings):
            tree["global"] = shared

    def new_record(self, spec: IpsecTunnelSpec) -> dict[str, Any]:
        """Return the record of a new tunnel. Source: protocol/ans.md §4.2."""
        return {**new_site_values(spec), **_subnets(spec, tuple(SUBNETS), {})}

    def changed_record(
        self, record: Mapping[str, Any], spec: IpsecTunnelSpec, changed: tuple[str, ...]
    ) -> dict[str, Any]:
        """Return a copy of a record with the fields ``changed`` set from ``spec``."""
        return without_nulls(record, {**site_changes(spec, changed), **_subnets(spec, changed, record)})


def _subnets(spec: IpsecTunnelSpec, changed: tuple[str, ...], raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        wire: {**mapping_of(raw.get(wire)), "subnets": list(getattr(spec, name))}
        for name, wire in SUBNETS.items()
        if name in changed
    }
