"""Property tests of certificates: after one merge, the plan has no changes.

A plan for certificates that were read from the server has no changes either.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.certificates import make_pair
from vcloudair_core.engine.desired import Absent, Exactly, Present
from vcloudair_core.engine.kind import Document
from vcloudair_core.errors import AmbiguousMatchError, SpecError
from vcloudair_core.services.ans.certificate.kind import CertificateKind
from vcloudair_core.services.ans.certificate.pem import normalized
from vcloudair_core.services.ans.certificate.records import CERTIFICATES, TIME, USES

KIND = CertificateKind()
PAIRS = [make_pair(f"site{number % 2}", 2030 + number, serial=20 + number) for number in range(4)]
NAMES = st.sampled_from(["web", "vpn", "ca"])


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Return certificates of an NSX-V edge gateway or of the library."""
    is_library = draw(st.booleans())
    names = draw(st.lists(NAMES, max_size=4, unique=is_library))
    records = [
        {
            "id": f"certificate-{number}",
            "name": name,
            "description": draw(st.sampled_from(["", name])),
            "pem": normalized(draw(st.sampled_from(PAIRS)).certificate),
        }
        for number, name in enumerate(names)
    ]
    tree: dict[str, Any] = {CERTIFICATES: records, USES: {}, TIME: 1_780_000_000.0}
    return Document("certificate", tree, backend="nsxt 39.1" if is_library else "nsxv")


@st.composite
def specs(draw: st.DrawFn) -> tuple[Any, ...]:
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    pairs = [draw(st.sampled_from(PAIRS)) for _ in names]
    return tuple(
        KIND.parse({"name": name, "certificate": pair.certificate, "private_key": pair.key})
        for name, pair in zip(names, pairs, strict=True)
    )


@given(documents(), specs(), st.sampled_from([Present, Absent, Exactly]))
def test_plan_after_merge_is_empty(document: Document, wanted: tuple[Any, ...], state: Any) -> None:
    desired = state(wanted)
    try:
        plan = KIND.plan(document, desired)
    except AmbiguousMatchError:
        names = [record["name"] for record in document.tree[CERTIFICATES]]
        assert len(set(names)) < len(names)
        return
    merged = KIND.merge(document, plan)
    assert KIND.plan(merged, desired).is_empty
    if state is Exactly:
        assert {record["name"] for record in merged.tree[CERTIFICATES]} == {spec.name for spec in wanted}
    untouched = [record for record in document.tree[CERTIFICATES] if record["name"] not in {s.name for s in wanted}]
    if state is not Exactly:
        assert [record for record in merged.tree[CERTIFICATES] if record in untouched] == untouched


@given(documents())
def test_certificates_that_were_read_need_no_change(document: Document) -> None:
    records = KIND.project(document)
    desired = Present(tuple(KIND.parse(record) for record in records))
    KIND.validate(desired)
    assert KIND.plan(document, desired).is_empty


@given(st.text(max_size=60))
def test_text_that_is_no_certificate_is_refused(text: str) -> None:
    try:
        KIND.parse({"name": "web", "certificate": text})
    except SpecError as exc:
        assert "certificate" in exc.field
    else:
        assert not text.strip()
