"""Tests of the store of several sections: reads, writes and partial failures."""

from __future__ import annotations

import pytest

from vcloudair_core.engine.kind import Document, Store
from vcloudair_core.errors import ConflictError, NotFoundError, PermissionDeniedError, ServerError, VcloudAirError
from vcloudair_core.services.ans.document.store import EdgeStore


class Section(Store):
    """A store that records its calls in a shared log."""

    target = "edge gateway e"
    lock_key = "https://h:443/edge/e"

    def __init__(self, name: str, log: list[str], *, missing: int = 0) -> None:
        self.name = name
        self.log = log
        self.missing = missing
        self.version = 10
        self.text = "old"
        self.failure: VcloudAirError | None = None

    def read(self) -> Document:
        self.log.append(f"read {self.name}")
        if self.missing == 501:
            raise ServerError("not implemented", status=501)
        if self.missing == 403:
            raise PermissionDeniedError("a right is missing", status=403)
        if self.missing:
            raise NotFoundError(f"no {self.name}", status=404)
        return Document(self.name, self.text, self.version, "nsxv", "application/json")

    def commit(self, base: Document, document: Document) -> None:
        assert base.tree == self.text, "a section is written with what was read of it"
        self.log.append(f"write {self.name}")
        if self.failure is not None:
            raise self.failure
        self.text = document.tree
        self.version += 1


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def parts(log: list[str]) -> dict[str, Section]:
    return {name: Section(name, log) for name in ("firewall", "nat", "ipsec")}


def changed(document: Document, *names: str) -> Document:
    tree = {
        name: Document(name, "new", part.version) if name in names else part for name, part in document.tree.items()
    }
    return Document("edge", tree, document.version)


def test_only_changed_sections_are_written_in_order_and_read_again(parts: dict[str, Section], log: list[str]) -> None:
    store = EdgeStore(parts)
    document = store.read()
    store.commit(document, changed(document, "ipsec", "firewall"))
    again = store.read()
    assert log == [
        "read firewall", "read nat", "read ipsec", "write firewall", "write ipsec", "read firewall", "read ipsec",
    ]  # fmt: skip
    assert {name: part.tree for name, part in again.tree.items()} == {"firewall": "new", "nat": "old", "ipsec": "new"}
    log.clear()
    store.read()
    assert log == ["read firewall", "read nat", "read ipsec"]


def test_a_commit_of_several_sections_increments_the_version_by_one(parts: dict[str, Section]) -> None:
    store = EdgeStore(parts)
    before = store.read()
    store.commit(before, changed(before, "firewall", "nat", "ipsec"))
    after = store.read()
    assert (before.version, after.version) == (30, 31)
    parts["nat"].version += 1  # another client
    assert store.read().version == 32


def test_a_partial_commit_reports_written_and_unwritten_sections(parts: dict[str, Section], log: list[str]) -> None:
    store = EdgeStore(parts)
    document = store.read()
    parts["nat"].failure = ConflictError("stale", status=409)
    with pytest.raises(ConflictError) as caught:
        store.commit(document, changed(document, "firewall", "nat", "ipsec"))
    assert "Sections written before the error: firewall. Failed section: nat. Sections not written: ipsec." in str(
        caught.value
    )
    assert caught.value.as_dict()["context"].startswith("Sections written before the error: firewall.")
    log.clear()
    store.read()
    assert log == ["read firewall", "read nat", "read ipsec"]


@pytest.mark.parametrize(("status", "error"), [(404, NotFoundError), (501, ServerError), (403, PermissionDeniedError)])
def test_an_unreadable_section_is_skipped_unless_it_is_required(
    log: list[str], status: int, error: type[VcloudAirError], caplog: pytest.LogCaptureFixture
) -> None:
    store = EdgeStore({"firewall": Section("firewall", log), "ipsec": Section("ipsec", log, missing=status)})
    assert list(store.read().tree) == ["firewall"]
    # A warning is logged, so that the user can request the missing right.
    assert ("The user has no permission to read these sections: ipsec." in caplog.text) == (status == 403)
    with pytest.raises(error):
        store.narrowed(["ipsec"]).read()
    with pytest.raises(error):
        EdgeStore({"ipsec": Section("ipsec", log, missing=status)}).read()


def test_only_named_sections_are_read(parts: dict[str, Section], log: list[str]) -> None:
    EdgeStore(parts).narrowed(["nat"]).read()
    assert log == ["read nat"]


def test_a_section_that_was_read_again_is_not_written(parts: dict[str, Section], log: list[str]) -> None:
    store = EdgeStore(parts)
    document = store.read()
    store.read()
    log.clear()
    store.commit(document, changed(document, "nat"))
    assert log == ["write nat"]
