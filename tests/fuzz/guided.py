"""Run coverage-guided fuzzing of parsers.

Usage: ``python -m tests.fuzz.guided [--runs N] [TARGET ...]``. Each target runs in a separate process, as atheris
requires. Memory and the time for each input are limited. Inputs that break a parser are saved in ``tests/fuzz/found``.
The regular tests parse all saved inputs.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FOUND = Path(__file__).parent / "found"
TIMEOUT_S = 10
MEMORY_MB = 1_024
LONGEST = 16_384


def main() -> int:
    """Fuzz the targets and print a table. Return 0 if no input breaks a parser."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help=argparse.SUPPRESS)
    parser.add_argument("targets", nargs="*")
    options = parser.parse_args()
    if options.only:
        return _fuzz(options.only, options.runs, options.seed)
    from tests.fuzz.targets import TARGETS

    names = options.targets or list(TARGETS)
    print(f"{'target':<24}{'inputs':>10}{'seconds':>10}{'edges':>8}  result", flush=True)
    broken_targets = [name for name in names if _fuzz_in_process(name, options.runs, options.seed)]
    return int(bool(broken_targets))


def _fuzz_in_process(name: str, runs: int, seed: int) -> bool:
    """Fuzz a target in a separate process. Return True if an input breaks the parser."""
    began = time.monotonic()
    command = [sys.executable, "-m", "tests.fuzz.guided", "--only", name, "--runs", str(runs), "--seed", str(seed)]
    completed = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    seconds = time.monotonic() - began
    output = completed.stderr + completed.stdout
    ended = re.findall(r"^#(\d+)\s+\S+\s+cov: (\d+)", output, re.MULTILINE)
    inputs, edges = ended[-1] if ended else ("0", "0")
    result = "ok" if completed.returncode == 0 else _reason(output)
    print(f"{name:<24}{int(inputs):>10,}{seconds:>10.1f}{edges:>8}  {result}", flush=True)
    return completed.returncode != 0


def _reason(output: str) -> str:
    match = re.search(r"Uncaught Python exception: ===\s*(.*)", output) or re.search(r"ERROR: libFuzzer: (.*)", output)
    return match[1][:160] if match else output.strip()[-160:]


def _fuzz(name: str, runs: int, seed: int) -> int:
    import random

    import atheris

    # atheris measures the coverage of modules that are imported in this block.
    with atheris.instrument_imports(include=["vcloudair_core"], enable_loader_override=False):
        from tests.fuzz.mutations import mutated
        from tests.fuzz.targets import TARGETS
    target = TARGETS[name]
    seeds = list(target.seeds())

    def change(body: bytes, most: int, number: int) -> bytes:
        # Use libFuzzer for half of the mutations, and our mutations of documents for the other half.
        choices = random.Random(number)
        made = mutated(body, choices.randrange, seeds) if choices.randrange(2) else atheris.Mutate(body, most)
        return bytes(made[:most])

    def feed(body: bytes) -> None:
        try:
            target.feed(body)
        except Exception:
            _keep(name, body)
            raise

    with tempfile.TemporaryDirectory() as folder:
        for number, body in enumerate(seeds):
            (Path(folder) / str(number)).write_bytes(body[:LONGEST])
        arguments = [
            sys.argv[0], f"-runs={runs}", f"-seed={seed}", f"-timeout={TIMEOUT_S}", f"-rss_limit_mb={MEMORY_MB}",
            f"-max_len={LONGEST}", "-print_final_stats=1", f"-artifact_prefix={_failure_path(name)}/", folder,
        ]  # fmt: skip
        atheris.Setup(arguments, feed, custom_mutator=change)
        atheris.Fuzz()
    return 0


def _failure_path(name: str) -> Path:
    folder = FOUND / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _keep(name: str, body: bytes) -> None:
    (_failure_path(name) / hashlib.sha256(body).hexdigest()[:16]).write_bytes(body)


if __name__ == "__main__":
    sys.exit(main())
