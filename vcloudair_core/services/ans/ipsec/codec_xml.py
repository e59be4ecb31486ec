"""The XML codec of IPsec for ``/network/edges``. Source: protocol/ans.md §4.4, §9."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

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
from vcloudair_core.services.ans.section.xml_codec import XmlCodec, leaf_texts
from vcloudair_core.services.ans.section.xml_elements import (
    bool_of,
    child_of,
    ensure_child,
    set_repeated,
    set_text,
    set_texts,
    text_of,
    texts_of,
)

if TYPE_CHECKING:
    from lxml.etree import _Element


class XmlIpsecCodec(XmlCodec[IpsecSpec]):
    """A codec for IPsec in XML. Source: protocol/ans.md §4.4, §9."""

    section = "ipsec"
    what = "the IPsec configuration"
    root = "ipsec"
    records_path = ("sites", "site")
    not_sent = NOT_SENT
    has_secrets = True
    document_type = IpsecDocument

    def decode(self, document: Document) -> Ipsec:
        """Return the decoded section, with names of certificates in place of IDs."""
        return with_certificate_names(document, super().decode(document))

    def merge(self, document: Document, edit: SectionEdit) -> Document:
        """Return a document with an edit applied, and with IDs of certificates."""
        return super().merge(document, with_certificate_ids(document, edit))

    def settings_of(self, root: _Element) -> IpsecSpec:
        """Return the section without its tunnels and keys."""
        logging, shared = child_of(root, "logging"), child_of(root, "global")
        certificates = {name: texts_of(child_of(shared, outer), inner) for name, (outer, inner) in CERTIFICATES.items()}
        return IpsecSpec(
            enabled=bool_of(text_of(root, "enabled"), False),
            logging=bool_of(text_of(logging, "enable"), True),
            log_level=(text_of(logging, "logLevel") or "warning").lower(),
            disable_event=bool_of(text_of(root, "disableEvent"), False),
            service_certificate=text_of(shared, "serviceCertificate") or None,
            ca_certificates=certificates["ca_certificates"],
            crl_certificates=certificates["crl_certificates"],
        )

    def rule_of(self, record: _Element) -> IpsecTunnelSpec:
        """Decode the tunnel in a record, without the pre-shared key."""
        subnets = (texts_of(child_of(record, wire), "subnet") for wire in SUBNETS.values())
        return tunnel_of(leaf_texts(record), *subnets)

    def set_settings(self, root: _Element, settings: Mapping[str, Any]) -> None:
        """Set ``settings`` in ``root``, a copy that the caller has made."""
        for name, value in settings.items():
            if name == "enabled":
                set_text(root, "enabled", value)
            elif name == "disable_event":
                set_text(root, "disableEvent", value)
            elif name in ("logging", "log_level"):
                set_text(ensure_child(root, "logging"), "enable" if name == "logging" else "logLevel", value)
            elif name == "global_psk":
                set_text(ensure_child(root, "global"), "psk", value.reveal())
            elif name == "service_certificate":
                set_text(ensure_child(root, "global"), "serviceCertificate", value)
            else:
                outer, inner = CERTIFICATES[name]
                set_repeated(ensure_child(ensure_child(root, "global"), outer), inner, value)

    def fill(self, record: _Element, spec: IpsecTunnelSpec) -> None:
        """Fill the empty record of a new tunnel."""
        set_texts(record, new_site_values(spec))
        _set_subnets(record, spec, tuple(SUBNETS))

    def set_fields(self, record: _Element, spec: IpsecTunnelSpec, changed: tuple[str, ...]) -> None:
        """Set the ``changed`` fields of a record from ``spec``."""
        set_texts(record, site_changes(spec, changed))
        _set_subnets(record, spec, changed)


def _set_subnets(element: _Element, spec: IpsecTunnelSpec, changed: tuple[str, ...]) -> None:
    for name, wire in SUBNETS.items():
        if name in changed:
            set_repeated(ensure_child(element, wire), "subnet", getattr(spec, name))
