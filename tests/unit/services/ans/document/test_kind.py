"""The kind of a whole edge gateway, as far as it adds to the kinds of its sections."""

from __future__ import annotations

import pytest

from vcloudair_core.errors import SpecError
from vcloudair_core.services.ans.document.kind import EdgeKind


def test_the_secrets_are_those_of_all_sections() -> None:
    assert EdgeKind().secret_names() == {"psk", "global_psk"}


@pytest.mark.parametrize("section", [{"version": 3, "internal_rules": []}, {"allow_empty": True}, {"rules": None}])
def test_a_section_that_asks_for_nothing_is_refused(section: dict[str, object]) -> None:
    with pytest.raises(SpecError, match="nat: is empty"):
        EdgeKind().parse({"nat": section})


def test_when_to_send_a_key_asks_for_nothing() -> None:
    with pytest.raises(SpecError, match="ipsec: is empty"):
        EdgeKind().parse({"ipsec": {"update_psk": "always"}})
