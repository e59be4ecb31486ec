"""Open the sections of an edge gateway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vcloudair_core.services.ans.edge.directory import dialect_of, target_edge
from vcloudair_core.services.ans.section.backends import firewall_codec, nat_codec
from vcloudair_core.services.ans.section.store import KeepableSectionStore

if TYPE_CHECKING:
    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.services.ans.ipsec.store import IpsecStore
    from vcloudair_core.session.session import Session


def firewall_store(session: Session, edge: Edge, dialect: str) -> KeepableSectionStore:
    """The firewall section of an edge. Source: protocol/ans.md §2."""
    return KeepableSectionStore(session, edge, dialect, "firewall", firewall_codec(dialect))


def open_firewall(session: Session, target: Mapping[str, Any]) -> KeepableSectionStore:
    """The firewall of the edge that a target or the settings name: see :func:`target_edge`."""
    return firewall_store(session, target_edge(session, target), dialect_of(session))


def nat_store(session: Session, edge: Edge, dialect: str) -> KeepableSectionStore:
    """The NAT section of an edge. Source: protocol/ans.md §3."""
    return KeepableSectionStore(session, edge, dialect, "nat", nat_codec(dialect))


def open_nat(session: Session, target: Mapping[str, Any]) -> KeepableSectionStore:
    """The NAT section of the edge that a target or the settings name: see :func:`target_edge`."""
    return nat_store(session, target_edge(session, target), dialect_of(session))


def ipsec_store(session: Session, edge: Edge, dialect: str) -> IpsecStore:
    """The IPsec section of an edge. Source: protocol/ans.md §4."""
    from vcloudair_core.services.ans.ipsec.store import IpsecStore  # sections are loaded when they are opened

    return IpsecStore(session, edge, dialect)


def open_ipsec(session: Session, target: Mapping[str, Any]) -> IpsecStore:
    """The IPsec section of the edge that a target or the settings name: see :func:`target_edge`."""
    return ipsec_store(session, target_edge(session, target), dialect_of(session))
