"""IPsec in JSON: NSX's own serialisation, under ``/hybridity`` and, when asked for, ``/network/edges``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vcloudair_core.engine.kind import Document
from vcloudair_core.engine.matching import LiveRule
from vcloudair_core.engine.rulelist import RuleStep
from vcloudair_core.errors import DecodeError
from vcloudair_core.services.ans.edge.backend import JSON
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
from vcloudair_core.services.ans.section.json_document import parse_section
from vcloudair_core.services.ans.section.json_values import bool_of, mapping_of, text_of, texts_of

FEATURE_TYPE = "ipsec_4.0"
"""Source: protocol/ans.md §4.2."""


class JsonIpsecCodec:
    """``backend`` decides whether the version goes back. Source: protocol/ans.md §8."""

    media_type = JSON

    def __init__(self, backend: str) -> None:
        self.backend = backend

    def parse(self, body: bytes) -> IpsecDocument:
        """Source: protocol/ans.md §4.1. Raises DecodeError when it is not JSON, or not an IPsec section."""
        return self.document(parse_section(body, "ipsec", "sites", what="the IPsec configuration"))

    def document(self, tree: Any) -> IpsecDocument:
        """A document around a parsed tree. Raises DecodeError, without the tree in it: it may hold keys."""
        outer = tree.get("sites") if isinstance(tree, dict) else tree
        is_list = isinstance(outer, dict) and isinstance(outer.get("sites", []), (list, type(None)))
        if not isinstance(tree, dict) or not (outer is None or is_list):
            raise DecodeError("The IPsec configuration is not what was expected: an object with sites.")
        version = tree.get("version")
        is_number = isinstance(version, int) and not isinstance(version, bool)
        return IpsecDocument("ipsec", tree, version if is_number else None, self.backend, self.media_type, codec=self)

    def encode(self, document: Document) -> bytes:
        """The whole section. Source: protocol/ans.md §4.2, §8."""
        tree: dict[str, Any] = document.tree
        sent = {key: value for key, value in tree.items() if key != "version" or document.version is not None}
        sent.setdefault("featureType", FEATURE_TYPE)
        return json.dumps(_with_sites(sent, [_sent(site) for site in _site_list(tree)]), ensure_ascii=False).encode()

    def decode(self, document: Document) -> Ipsec:
        """Source: protocol/ans.md §4.1-4.2."""
        tree: dict[str, Any] = document.tree
        logging, shared = mapping_of(tree.get("logging")), mapping_of(tree.get("global"))
        certificates = {
            name: texts_of(mapping_of(shared.get(outer)).get(inner)) for name, (outer, inner) in CERTIFICATES.items()
        }
        return Ipsec(
            settings=IpsecSpec(
                enabled=bool_of(tree.get("enabled"), False),
                logging=bool_of(logging.get("enable"), True),
                log_level=(text_of(logging.get("logLevel")) or "warning").lower(),
                disable_event=bool_of(tree.get("disableEvent"), False),
                service_certificate=text_of(shared.get("serviceCertificate")) or None,
                ca_certificates=certificates["ca_certificates"],
                crl_certificates=certificates["crl_certificates"],
            ),
            rules=tuple(
                LiveRule(
                    slot,
                    tunnel_of(raw, *(texts_of(mapping_of(raw.get(wire)).get("subnets")) for wire in SUBNETS.values())),
                )
                for slot, raw in enumerate(_site_list(tree))
                if isinstance(raw, dict)
            ),
        )

    def merge(self, document: Document, edit: SectionEdit) -> Document:
        """A new tree that shares every untouched part with the old one."""
        tree = _with_settings(document.tree, edit)
        if edit.steps is not None:
            sites = _site_list(tree)
            tree = _with_sites(tree, [self._step(sites, step) for step in edit.steps])
        return replace(document, tree=tree)

    def _step(self, sites: list[Any], step: RuleStep) -> Any:
        if step.slot is None:
            return self.new_site(step.spec)
        raw = sites[step.slot]
        if not step.changed:
            return raw
        changes = {**site_changes(step.spec, step.changed), **_subnets(step.spec, step.changed, raw)}
        return {key: value for key, value in {**raw, **changes}.items() if key not in changes or value is not None}

    def new_site(self, spec: IpsecTunnelSpec) -> dict[str, Any]:
        """A tunnel that the server does not know yet: without id. Source: protocol/ans.md §4.2."""
        return {**new_site_words(spec), **_subnets(spec, tuple(SUBNETS), {})}


def _with_settings(tree: Mapping[str, Any], edit: SectionEdit) -> dict[str, Any]:
    made = dict(tree)
    logging, shared = dict(mapping_of(tree.get("logging"))), dict(mapping_of(tree.get("global")))
    for name, value in edit.settings.items():
        if name == "enabled":
            made["enabled"] = value
        elif name == "disable_event":
            made["disableEvent"] = value
        elif name in ("logging", "log_level"):
            logging["enable" if name == "logging" else "logLevel"] = value
            made["logging"] = logging
        elif name == "global_psk":
            shared["psk"] = value.reveal()
        elif name == "service_certificate":
            shared["serviceCertificate"] = value
        else:
            outer, inner = CERTIFICATES[name]
            shared[outer] = {**mapping_of(shared.get(outer)), inner: list(value)}
    if {"global_psk", "service_certificate", *CERTIFICATES}.intersection(edit.settings):
        made["global"] = shared
    return made


def _subnets(spec: IpsecTunnelSpec, changed: tuple[str, ...], raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        wire: {**mapping_of(raw.get(wire)), "subnets": list(getattr(spec, name))}
        for name, wire in SUBNETS.items()
        if name in changed
    }


def _with_sites(tree: Mapping[str, Any], sites: list[Any]) -> dict[str, Any]:
    return {**tree, "sites": {**mapping_of(tree.get("sites")), "sites": sites}}


def _site_list(tree: Mapping[str, Any]) -> list[Any]:
    """Nested; missing or null when there is none. Source: protocol/ans.md §4.4."""
    inner: list[Any] | None = mapping_of(tree.get("sites")).get("sites")
    return inner if inner is not None else []


def _sent(site: Any) -> Any:
    if not isinstance(site, dict) or not any(key in site for key in NOT_SENT):
        return site
    return {key: value for key, value in site.items() if key not in NOT_SENT}
