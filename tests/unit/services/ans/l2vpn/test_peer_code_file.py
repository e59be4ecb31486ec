"""Tests of files with peer codes."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.services.ans.l2vpn.peer_code_file import write_peer_code
from vcloudair_core.util.redaction import Secret

CODE = Secret("c4n4ry")


def test_a_file_is_written_once(tmp_path: Path) -> None:
    file = tmp_path / "code"
    assert write_peer_code(file, CODE)
    assert not write_peer_code(file, CODE)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)
    assert write_peer_code(file, CODE), "a file that others can read is replaced"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_link_is_replaced_and_its_target_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("theirs", encoding="utf-8")
    link = tmp_path / "code"
    link.symlink_to(target)
    assert write_peer_code(link, CODE)
    assert target.read_text(encoding="utf-8") == "theirs"
    assert not link.is_symlink()


def test_an_error_does_not_show_the_peer_code(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="Writing the peer code failed") as met:
        write_peer_code(tmp_path / "missing" / "code", CODE)
    assert "c4n4ry" not in str(met.value.as_dict())
