"""Protected names: what may not be touched is refused with the reason; everything else passes."""

from __future__ import annotations

from typing import Any

import pytest

from vcloudair_core.engine.plan import Change, Plan
from vcloudair_core.errors import PlanRejectedError
from vcloudair_core.plugin import protected_names
from vcloudair_core.settings.settings import Settings


def _look(action: str, identity: str, protected: Any = None, env: dict[str, str] | None = None) -> None:
    settings = Settings.load({"protected_names": protected}, environ=env or {})
    protected_names.vca_plan_ready(Plan("ans.firewall_rule", (Change(action, identity),)), settings)


@pytest.mark.parametrize("action", ["update", "move", "delete"])
@pytest.mark.parametrize("protected", [["backup"], ["other", "BACK*"], "other,back?p"])
def test_what_is_protected_is_not_touched(action: str, protected: Any) -> None:
    with pytest.raises(PlanRejectedError, match=f"'Backup' is protected, and the plan would {action} it"):
        _look(action, "Backup", protected)


def test_where_the_setting_comes_from_is_said() -> None:
    with pytest.raises(PlanRejectedError) as caught:
        _look("delete", "backup", env={"VCA_PROTECTED_NAMES": "backup"})
    assert "env VCA_PROTECTED_NAMES" in caught.value.hint


@pytest.mark.parametrize(
    ("action", "identity", "protected"),
    [("create", "backup", ["backup"]), ("delete", "backup2", ["backup"]), ("delete", "backup", None)],
)
def test_everything_else_passes(action: str, identity: str, protected: Any) -> None:
    _look(action, identity, protected)
