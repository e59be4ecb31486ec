"""Install the project with extras into this environment, with uv or pip.

Usage: ``python tools/install.py EXTRA,EXTRA``. If INSTALLER is ``pip``, uv is not used. The program uses the standard
library only.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
UV = [sys.executable, "-m", "uv"]
SETTINGS = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
}
"""Settings of pip that uv does not read, and the variables that uv reads instead."""


def main() -> int:
    """Install the project, and return the exit status of the installer."""
    requirement = f"{ROOT}[{sys.argv[1]}]"
    started = time.monotonic()
    tool = "uv"
    if not install_with_uv(requirement):
        tool = "pip"
        print("Installing the project and its tools with pip ...", flush=True)
        status = subprocess.run([*PIP, "install", "--editable", requirement], check=False).returncode
        if status:
            return status
    print(f"Installed with {tool} in {time.monotonic() - started:.0f} s.", flush=True)
    return 0


def install_with_uv(requirement: str) -> bool:
    """Install with uv. Return False if uv is missing or fails, so that pip can try."""
    if os.environ.get("INSTALLER") == "pip" or not _has_uv():
        return False
    print("Installing the project and its tools with uv ...", flush=True)
    command = [*UV, "pip", "install", "--quiet", "--python", sys.executable, "--editable", requirement]
    return subprocess.run(command, env=uv_environment(os.environ, _pip_settings()), check=False).returncode == 0


def uv_environment(environ: Mapping[str, str], pip_settings: str) -> dict[str, str]:
    """Return environment variables for uv: system certificates and pip's settings.

    ``pip_settings`` is the output of ``pip config list``.
    """
    env = {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true"}  # Older versions of uv read the second variable.
    for name, value in re.findall(r"^[\w:.]*?\.([a-z-]+)='(.*)'$", pip_settings, re.MULTILINE):
        if name in SETTINGS:
            env[SETTINGS[name]] = value.replace("\\n", " ").strip()
    return {**env, **environ}


def _has_uv() -> bool:
    """Return True if uv works in this environment. Try to install a missing uv."""
    if _is_ok([*UV, "--version"]):
        return True
    return _is_ok([*PIP, "install", "uv"]) and _is_ok([*UV, "--version"])


def _is_ok(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _pip_settings() -> str:
    return subprocess.run([*PIP, "config", "list"], capture_output=True, text=True, check=False).stdout


if __name__ == "__main__":
    sys.exit(main())
