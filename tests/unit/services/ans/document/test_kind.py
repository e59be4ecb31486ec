"""Tests of the resource kind of a whole edge gateway."""

from __future__ import annotations

import pytest

from vcloudair_core.errors import SpecError
from vcloudair_core.services.ans.document.kind import EdgeKind


def test_secret_names_of_all_sections() -> None:
    assert EdgeKind().secret_names() == {"psk", "global_psk", "peer_code"}


@pytest.mark.parametrize("section", [{"version": 3, "internal_rules": []}, {"allow_empty": True}, {"rules": None}])
def test_a_section_without_settings_is_rejected(section: dict[str, object]) -> None:
    with pytest.raises(SpecError, match="nat: is empty"):
        EdgeKind().parse({"nat": section})


def test_a_section_with_only_update_psk_is_rejected() -> None:
    with pytest.raises(SpecError, match="ipsec: is empty"):
        EdgeKind().parse({"ipsec": {"update_psk": "always"}})
