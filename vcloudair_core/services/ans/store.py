"""Open the sections of an edge gateway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vcloudair_core.services.ans.edge.backend import media_type_of
from vcloudair_core.services.ans.edge.directory import target_edge
from vcloudair_core.services.ans.section.backends import firewall_codec, ipsec_codec, nat_codec, refuse_unsupported
from vcloudair_core.services.ans.section.store import StageableSectionStore

if TYPE_CHECKING:
    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.services.ans.ipsec.store import IpsecStore
    from vcloudair_core.session.session import Session


def firewall_store(session: Session, edge: Edge) -> StageableSectionStore:
    """The firewall section of an edge whose backend is known. Source: protocol/ans.md §2.

    Raises ConfigurationError when the backend has no firewall.
    """
    refuse_unsupported(edge, "firewall")
    codec = firewall_codec(edge.backend, media_type_of(edge.backend, session.settings))
    return StageableSectionStore(session, edge, "firewall", codec)


def open_firewall(session: Session, target: Mapping[str, Any]) -> StageableSectionStore:
    """The firewall of the edge that a target or the settings name: see :func:`target_edge`."""
    return firewall_store(session, target_edge(session, target))


def nat_store(session: Session, edge: Edge) -> StageableSectionStore:
    """The NAT section of an edge whose backend is known. Source: protocol/ans.md §3.

    Raises ConfigurationError when the backend has no NAT.
    """
    refuse_unsupported(edge, "nat")
    codec = nat_codec(edge.backend, media_type_of(edge.backend, session.settings))
    return StageableSectionStore(session, edge, "nat", codec)


def open_nat(session: Session, target: Mapping[str, Any]) -> StageableSectionStore:
    """The NAT section of the edge that a target or the settings name: see :func:`target_edge`."""
    return nat_store(session, target_edge(session, target))


def ipsec_store(session: Session, edge: Edge) -> IpsecStore:
    """The IPsec section of an edge whose backend is known. Source: protocol/ans.md §4.

    Raises ConfigurationError when the backend has no IPsec.
    """
    from vcloudair_core.services.ans.ipsec.store import IpsecStore  # sections are loaded when they are opened

    refuse_unsupported(edge, "ipsec")
    codec = ipsec_codec(edge.backend, media_type_of(edge.backend, session.settings))
    return IpsecStore(session, edge, codec)


def open_ipsec(session: Session, target: Mapping[str, Any]) -> IpsecStore:
    """The IPsec section of the edge that a target or the settings name: see :func:`target_edge`."""
    return ipsec_store(session, target_edge(session, target))
