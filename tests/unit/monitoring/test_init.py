"""Tests of the public names of the monitoring package, and of lazy imports."""

from __future__ import annotations

import subprocess
import sys

import pytest

from vcloudair_core import monitoring


def test_every_public_name_exists() -> None:
    assert {name for name in monitoring.__all__ if getattr(monitoring, name, None) is None} == set()
    with pytest.raises(AttributeError, match="no attribute 'collectors'"):
        monitoring.collectors  # noqa: B018


def test_the_exporter_is_imported_at_first_use() -> None:
    program = (
        "import sys, vcloudair_core.monitoring as m; assert 'prometheus_client' not in sys.modules; "
        "m.Collector; assert 'vcloudair_core.monitoring.collector' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
