"""All fuzz targets: every parser of external input."""

from __future__ import annotations

from tests.fuzz.targets_api import API_TARGETS
from tests.fuzz.targets_capacity import CAPACITY_TARGETS
from tests.fuzz.targets_dhcp import DHCP_TARGETS
from tests.fuzz.targets_files import FILE_TARGETS
from tests.fuzz.targets_input import WORD_TARGETS

TARGETS = {
    target.name: target for target in (*API_TARGETS, *CAPACITY_TARGETS, *DHCP_TARGETS, *FILE_TARGETS, *WORD_TARGETS)
}
