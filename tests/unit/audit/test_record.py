"""Tests of the keys of audit records, and of their reference page."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from vcloudair_core.audit.record import KEYS, MAX_CHANGES_BYTES, awx_job_id, now_utc, plan_of, target_of
from vcloudair_core.engine.plan import Change, Plan

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "audit-record.md"
SESSION = cast(Any, SimpleNamespace(secrets=list))


@pytest.mark.parametrize(
    ("environ", "job"),
    [
        ({}, ""),
        ({"JOB_ID": "7"}, ""),  # Jenkins and others use the name too
        ({"JOB_ID": "7", "AWX_HOST": "https://awx.example.com"}, "7"),
        ({"JOB_ID": "7", "AWX_PRIVATE_DATA_DIR": "/tmp/awx_7"}, "7"),
        ({"AD_HOC_COMMAND_ID": "8", "AWX_PRIVATE_DATA_DIR": "/tmp/awx_8"}, "8"),
    ],
)
def test_the_awx_job_counts_only_in_awx(environ: dict[str, str], job: str) -> None:
    assert awx_job_id(environ) == job


def test_times_are_in_utc() -> None:
    assert now_utc(1_800_000_000.5) == "2027-01-15T08:00:00.500Z"


def test_large_plans_are_cut_and_counted() -> None:
    change = Change("create", "rule", None, {"description": "x" * 1000})
    shown = plan_of(Plan("ans.firewall", (change,) * 300), SESSION)
    assert 0 < shown["changes_omitted"] < 300
    assert len(shown["changes"]) + shown["changes_omitted"] == 300
    assert len(str(shown["changes"])) < MAX_CHANGES_BYTES
    assert shown["summary"] == "300 to create"


def test_stores_without_an_edge_have_empty_names() -> None:
    assert set(target_of(cast(Any, object())).values()) == {""}


def test_the_reference_page_describes_every_key() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (.+?) \|$", PAGE.read_text(encoding="utf-8").partition("## Results")[0], re.MULTILINE
    )
    assert dict(rows) == KEYS
