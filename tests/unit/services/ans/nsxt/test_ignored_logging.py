"""Tests of the file that records that the server ignores the option ``logging``."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from vcloudair_core.services.ans.firewall.nsxt.codec import NsxtFirewallCodec
from vcloudair_core.services.ans.firewall.section import SECTION
from vcloudair_core.services.ans.firewall.spec import FirewallRuleSpec
from vcloudair_core.services.ans.nsxt.ignored_logging import IGNORED_LOGGING, IgnoredLogging, with_kept_logging
from vcloudair_core.util.clock import FakeClock


def note_of(folder: Path, clock: FakeClock, key: str = "demo@org1 edge") -> IgnoredLogging:
    settings: Any = SimpleNamespace(state_dir=str(folder))
    return IgnoredLogging(settings, key, clock)


def test_the_note_is_kept_for_a_week_and_by_key(tmp_path: Path) -> None:
    clock = FakeClock()
    note = note_of(tmp_path, clock)
    assert not note.is_known()
    note.remember()
    assert note_of(tmp_path, clock).is_known()
    assert not note_of(tmp_path, clock, "other@org1 edge").is_known()
    clock.sleep(7 * 24 * 3600)
    assert not note.is_known()
    note.remember()
    assert note.is_known()
    note.forget()
    assert not note.is_known()
    note.forget()


def test_a_damaged_note_counts_as_missing(tmp_path: Path) -> None:
    note = note_of(tmp_path, FakeClock())
    note.remember()
    [file] = (tmp_path / "edges").iterdir()
    file.write_text("no time", encoding="ascii")
    assert not note.is_known()


def test_real_logging_is_kept_while_requests_are_ignored() -> None:
    """``state: exact`` must not disable logging that another user enabled."""
    tree = {"firewall": {"userDefinedRules": []}, IGNORED_LOGGING: True}
    document = NsxtFirewallCodec(is_inline=True).document(tree)
    kind = with_kept_logging(SECTION.rule_list(document), document)
    wanted = FirewallRuleSpec(name="a", logging=True)
    assert kind.effective(wanted, FirewallRuleSpec(name="a", logging=False)).logging is False
    assert kind.effective(wanted, FirewallRuleSpec(name="a", logging=True)).logging is True
    assert kind.effective(FirewallRuleSpec(name="a", logging=False), wanted).logging is False
