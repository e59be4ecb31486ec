"""IPsec in XML, as ``/network/edges`` speaks it. Source: protocol/ans.md §4.4, §9."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lxml import etree

from vcloudair_core.engine.kind import Document
from vcloudair_core.engine.matching import LiveRule
from vcloudair_core.engine.rulelist import RuleStep
from vcloudair_core.errors import DecodeError
from vcloudair_core.services.ans.edge.backend import NSXV, XML
from vcloudair_core.services.ans.ipsec.model import (
    CERTIFICATES,
    NOT_SENT,
    SUBNETS,
    Ipsec,
    IpsecDocument,
    new_site_words,
    site_changes,
    tunnel_of,
)
from vcloudair_core.services.ans.ipsec.spec import IpsecSpec, IpsecTunnelSpec
from vcloudair_core.services.ans.section.document import SectionEdit
from vcloudair_core.services.ans.section.xml_elements import (
    bool_of,
    child_of,
    children,
    int_of,
    made_child,
    remove,
    set_repeated,
    set_text,
    tag_like,
    text_of,
    texts_of,
)
from vcloudair_core.util import xml

if TYPE_CHECKING:
    from lxml.etree import _Element


class XmlIpsecCodec:
    """The document's tree is an element; it is copied, never changed in place."""

    backend = NSXV
    media_type = XML

    def parse(self, body: bytes) -> IpsecDocument:
        """Raises DecodeError when it is not XML, or not an IPsec section; what was sent is not in it."""
        root = xml.parse(body, what="the IPsec configuration")
        if xml.local(root) != "ipsec":
            named = xml.local(root)
            raise DecodeError(f"The IPsec configuration is not what was expected: <ipsec>, not <{named}>.")
        return IpsecDocument("ipsec", root, int_of(text_of(root, "version")), self.backend, self.media_type, codec=self)

    def encode(self, document: Document) -> bytes:
        """The whole section, version and all. Source: protocol/ans.md §8."""
        root: _Element = document.tree
        if any(child_of(site, name) is not None for site in _site_elements(root) for name in NOT_SENT):
            root = copy.deepcopy(root)
            for site in _site_elements(root):
                for child in [child for name in NOT_SENT for child in children(site, name)]:
                    remove(child)
        return xml.to_bytes(root)

    def decode(self, document: Document) -> Ipsec:
        """Source: protocol/ans.md §4.4."""
        root: _Element = document.tree
        logging, shared = child_of(root, "logging"), child_of(root, "global")
        certificates = {name: texts_of(child_of(shared, outer), inner) for name, (outer, inner) in CERTIFICATES.items()}
        return Ipsec(
            settings=IpsecSpec(
                enabled=bool_of(text_of(root, "enabled"), False),
                logging=bool_of(text_of(logging, "enable"), True),
                log_level=(text_of(logging, "logLevel") or "warning").lower(),
                disable_event=bool_of(text_of(root, "disableEvent"), False),
                service_certificate=text_of(shared, "serviceCertificate") or None,
                ca_certificates=certificates["ca_certificates"],
                crl_certificates=certificates["crl_certificates"],
            ),
            rules=tuple(
                LiveRule(
                    slot,
                    tunnel_of(_texts(site), *(texts_of(child_of(site, wire), "subnet") for wire in SUBNETS.values())),
                )
                for slot, site in enumerate(_site_elements(root))
            ),
        )

    def merge(self, document: Document, edit: SectionEdit) -> Document:
        """A copy of the tree with the edit carried out."""
        root: _Element = copy.deepcopy(document.tree)
        _set_settings(root, edit)
        if edit.steps is not None:
            holder = made_child(root, "sites")
            sites = _site_elements(root)
            merged = [_step(sites, step, holder) for step in edit.steps]
            holder[:] = [*(child for child in holder if xml.local(child) != "site"), *merged]
        return replace(document, tree=root)


def _set_settings(root: _Element, edit: SectionEdit) -> None:
    for name, value in edit.settings.items():
        if name == "enabled":
            set_text(root, "enabled", value)
        elif name == "disable_event":
            set_text(root, "disableEvent", value)
        elif name in ("logging", "log_level"):
            set_text(made_child(root, "logging"), "enable" if name == "logging" else "logLevel", value)
        elif name == "global_psk":
            set_text(made_child(root, "global"), "psk", value.reveal())
        elif name == "service_certificate":
            set_text(made_child(root, "global"), "serviceCertificate", value)
        else:
            outer, inner = CERTIFICATES[name]
            set_repeated(made_child(made_child(root, "global"), outer), inner, value)


def _step(sites: Sequence[_Element], step: RuleStep, holder: _Element) -> _Element:
    if step.slot is None:
        made = etree.Element(tag_like(holder, "site"))
        for wire, value in new_site_words(step.spec).items():
            set_text(made, wire, value)
        _set_subnets(made, step.spec, tuple(SUBNETS))
        return made
    element = sites[step.slot]
    for wire, value in site_changes(step.spec, step.changed).items():
        found = child_of(element, wire)
        if value is not None:
            set_text(element, wire, value)
        elif found is not None:
            remove(found)
    _set_subnets(element, step.spec, step.changed)
    return element


def _set_subnets(element: _Element, spec: IpsecTunnelSpec, changed: tuple[str, ...]) -> None:
    for name, wire in SUBNETS.items():
        if name in changed:
            set_repeated(made_child(element, wire), "subnet", getattr(spec, name))


def _site_elements(root: _Element) -> list[_Element]:
    return children(child_of(root, "sites"), "site")


def _texts(element: _Element) -> dict[str, Any]:
    return {xml.local(child): child.text or "" for child in element if len(child) == 0}
