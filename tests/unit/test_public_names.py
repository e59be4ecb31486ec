"""Check that the public names equal the list in this file.

If you add or remove a public name, also change the list.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

import vcloudair_core

PINNED = """
ANSFirewall ANSIPSec ANSNat Absent AmbiguousMatchError ApiError App AuthenticationError BusyError Change Client
ConfigurationError ConflictError ConnectionFailedError DecodeError DisasterRecovery EdgeGatewayQuery EngineError Exactly
ExactLists IncompleteResultError InvalidRequestError LockTimeoutError Metrics NotConvergedError NotFoundError
ObjectInUseError OrgVdcQuery Outcome PermissionDeniedError Plan PlanRejectedError PluginError Present QueryBase Secret
ServerError Settings SpecError SpecProblem StageError TaskError TaskFailedError TaskTimeoutError TimeoutExpiredError
TlsError TransportError VAppQuery VAppTemplateQuery VCAODSession VCASession VMQuery VcloudAirError __version__
agreed_target connect discard_stage hookimpl preload waiting_stages
""".split()

METRICS = """
Collected Measurement Metric Metrics Sample Series Threshold Violation aggregate choose known_metrics measure
parse_thresholds violations
""".split()


def test_public_names_are_unchanged() -> None:
    assert sorted(vcloudair_core.__all__) == sorted(PINNED)
    assert sorted(dir(vcloudair_core)) == sorted(PINNED)


def test_every_name_loads() -> None:
    assert [name for name in PINNED if getattr(vcloudair_core, name, None) is None] == []


def test_public_names_of_metrics_are_unchanged_and_load() -> None:
    from vcloudair_core import metrics

    assert sorted(metrics.__all__) == sorted(METRICS)
    assert [name for name in METRICS if getattr(metrics, name, None) is None] == []


def test_vcloudair_modules_are_attributes_of_the_package() -> None:
    names = ["ans.ANSNat", "dr.DisasterRecovery", "metrics.Metrics", "query.QueryBase", "session.VCAODSession"]
    code = (
        f"import vcloudair_core as v; print([kind.__name__ for kind in ({', '.join(f'v.{name}' for name in names)})])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == repr([name.rpartition(".")[2] for name in names])


@pytest.mark.parametrize("module", ["ans", "query", "metrics", "dr", "session"])
def test_vcloudair_modules_do_not_load_requests(module: str) -> None:
    code = f"import sys, vcloudair_core.{module}; print('requests' in sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "False"


def test_importing_loads_no_heavy_modules() -> None:
    code = (
        "import sys, vcloudair_core; vcloudair_core.Settings; vcloudair_core.SpecError;"
        "heavy = {'requests', 'urllib3', 'lxml', 'pluggy', 'cryptography', 'starlette', 'rich', 'typer', 'yaml'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_requests_is_not_loaded_before_the_first_call() -> None:
    code = (
        "import sys, vcloudair_core;"
        "client = vcloudair_core.connect(url='https://localhost:1', username='u', password='p', org='o');"
        "print('requests' in sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "False"
