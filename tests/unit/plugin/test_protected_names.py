"""Tests of protected names: plans that change protected objects are rejected."""

from __future__ import annotations

from typing import Any

import pytest

from vcloudair_core.engine.plan import Change, Plan
from vcloudair_core.errors import PlanRejectedError
from vcloudair_core.plugin import protected_names
from vcloudair_core.settings.settings import Settings


def _check(action: str, identity: str, protected: Any = None, env: dict[str, str] | None = None) -> None:
    settings = Settings.load({"protected_names": protected}, environ=env or {})
    protected_names.vca_plan_ready(Plan("ans.firewall_rule", (Change(action, identity),)), settings)


@pytest.mark.parametrize("action", ["update", "move", "delete"])
@pytest.mark.parametrize("protected", [["backup"], ["other", "BACK*"], "other,back?p"])
def test_plan_with_a_protected_object_is_rejected(action: str, protected: Any) -> None:
    with pytest.raises(PlanRejectedError, match=f"The plan would {action} 'Backup', which is protected"):
        _check(action, "Backup", protected)


def test_hint_names_the_origin_of_the_setting() -> None:
    with pytest.raises(PlanRejectedError) as error:
        _check("delete", "backup", env={"VCA_PROTECTED_NAMES": "backup"})
    assert "env VCA_PROTECTED_NAMES" in error.value.hint


@pytest.mark.parametrize(
    ("action", "identity", "protected"),
    [("create", "backup", ["backup"]), ("delete", "backup2", ["backup"]), ("delete", "backup", None)],
)
def test_other_plans_pass(action: str, identity: str, protected: Any) -> None:
    _check(action, identity, protected)
