"""Property tests of the address book, compared with a set of single addresses."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from vcloudair_core.engine.canonical import AddressRange, address_range
from vcloudair_core.services.ans.address_book.segments import AddressUse, Uplink, address_book

BASES = {4: int(IPv4Address("203.0.113.0")), 6: int(IPv6Address("2001:db8::"))}
SERVICES = ["primary", "snat", "dnat", "ipsec", "load_balancer", "ssl_vpn"]


@st.composite
def ranges(draw: Any) -> AddressRange:
    """Generate a range of up to 9 addresses of IPv4 or IPv6."""
    version = draw(st.sampled_from([4, 6]))
    first = BASES[version] + draw(st.integers(0, 24))
    return version, first, first + draw(st.integers(0, 8))


uplinks = st.lists(
    st.builds(lambda number, allocated: Uplink(f"net {number}", tuple(allocated)), st.integers(0, 2),
              st.lists(ranges(), max_size=4)),
    max_size=2,
)  # fmt: skip
uses = st.lists(st.builds(AddressUse, ranges(), st.sampled_from(SERVICES)), max_size=6)


def _addresses(of: AddressRange) -> set[tuple[int, int]]:
    version, first, last = of
    return {(version, address) for address in range(first, last + 1)}


def _services(address: tuple[int, int], of: list[AddressUse]) -> set[str]:
    return {use.service for use in of if address in _addresses(use.addresses)}


@settings(max_examples=150)
@given(uplinks=uplinks, uses=uses)
def test_each_allocated_address_is_in_one_row_with_its_services(uplinks: list[Uplink], uses: list[AddressUse]) -> None:
    book = address_book(uplinks, uses)
    rows = [(row, address_range(row["addresses"])) for row in book["addresses"]]
    shown: list[tuple[str, tuple[int, int]]] = []
    for row, addresses in rows:
        assert addresses is not None
        single = _addresses(addresses)
        shown += [(row["network"], address) for address in single]
        assert row["count"] == len(single)
        assert row["state"] == ("used" if row["used_by"] else "free")
        assert all(_services(address, uses) == set(row["used_by"]) for address in single)
        assert len(row["used_by"]) == len(set(row["used_by"]))
    allocated = {
        (index, address)
        for index, uplink in enumerate(uplinks)
        for item in uplink.ranges
        for address in _addresses(item)
    }
    assert len(shown) == len(allocated)
    assert {address for _, address in shown} == {address for _, address in allocated}
    assert book["allocated_count"] == book["used_count"] + book["free_count"] == len(allocated)


@given(uplinks=uplinks, uses=uses)
def test_rows_are_as_long_as_possible_and_the_order_of_uses_does_not_matter(
    uplinks: list[Uplink], uses: list[AddressUse]
) -> None:
    book = address_book(uplinks, uses)
    assert address_book(uplinks, list(reversed(uses))) == book
    for one in uplinks:
        rows = address_book([one], uses)["addresses"]
        parsed = [address_range(row["addresses"]) for row in rows]
        pairs = zip(zip(rows, parsed, strict=True), list(zip(rows, parsed, strict=True))[1:], strict=False)
        for (row, addresses), (next_row, next_addresses) in pairs:
            assert addresses is not None and next_addresses is not None
            is_adjacent = addresses[0] == next_addresses[0] and addresses[2] + 1 == next_addresses[1]
            assert not is_adjacent or row["used_by"] != next_row["used_by"]
