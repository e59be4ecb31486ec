"""Networks and addresses of recovered VMs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NicMapping:
    """The network and address of one interface of a recovered VM.

    Attributes:
        nic: The number of the interface, from 0.
        network: The network after a failover or migration. If empty, the replication selects the network.
        address: The address in ``network``. If empty, the replication selects the address.
        test_network: The network of a test. If empty, the replication selects the network.
        test_address: The address in ``test_network``.
    """

    nic: int = 0
    network: str = ""
    address: str = ""
    test_network: str = ""
    test_address: str = ""


@dataclass(frozen=True)
class NetworkMapping:
    """The networks and addresses of a recovered VM.

    Interfaces without a mapping are not changed.
    """

    nics: tuple[NicMapping, ...]
