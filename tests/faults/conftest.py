"""Report how many cells ran."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the number of cells that ran, summed over all tests and processes."""
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.getreports(kind)]
    cells = [int(value) for one in reports for name, value in one.user_properties if name == "cells"]
    if cells:
        terminalreporter.write_line(f"{sum(cells)} cells of operations, faults and steps were tried.")
