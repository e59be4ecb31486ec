"""Check the language of docstrings, comments, messages, page titles and commits.

``python tools/check_prose.py`` prints a table and fails if a count is over its limit. ``tools/prose_limits.yml`` has a
limit for each rule and folder. ``--lower`` lowers the limits in this file to the current counts. ``--list RULE
[FOLDER]`` prints each offense with its location. ``--base COMMIT`` checks only the subjects of commits after COMMIT.
Outside a Git checkout, no commits are checked.

The rules are those of ``docs/contributing/style.md``. The nox session ``lint`` runs this program.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

if not __package__:  # This branch is for runs as a program.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.prose_files import FOLDERS, TOP, TextFile, lines_outside_code, read_files
from tools.prose_words import BANNED, OLD_TITLES, TOPICS, WIRE_WORDS

ROOT = Path(__file__).resolve().parent.parent
LIMITS = "tools/prose_limits.yml"

# -- rules ---------------------------------------------------------------------------------------------------------

CLAUSE_WORDS = "what|whether|which|where|how|who|whose|why|that"
FIRST_LINE = 80
SUBJECT = 72
COMMITS_SINCE = "d4f1b0d634226889f7d124b003b40ed400e860f3"
"""The commit that introduced the rules. Older subjects are not checked."""
CONVENTIONAL = re.compile(
    r"(build|chore|ci|docs|feat|fix|perf|refactor|revert|style|test)(\([a-z0-9_., /-]+\))?!?: \S.*[^.\s]"
)

_OPENS_WITH_CLAUSE = re.compile(rf"(?:{CLAUSE_WORDS})\b", re.IGNORECASE)
_HAS_CLAUSE = re.compile(rf"\b(?:{CLAUSE_WORDS})\b", re.IGNORECASE)
_HAS_TOPIC = re.compile(rf"\b(?:{'|'.join(TOPICS)})", re.IGNORECASE)
_ANY_BANNED = re.compile(rf"\b(?:{'|'.join(BANNED)})\b", re.IGNORECASE)
_BANNED = {re.compile(pattern, re.IGNORECASE): instead for pattern, instead in BANNED.items()}
_CODE = re.compile(r"`[^`\n]*`|https?://\S+|\]\([^)]*\)")
_TITLE = re.compile(r"# +(.*?)(?: *\{.*\})?$")


@dataclass(frozen=True)
class Offense:
    """A line that breaks a rule."""

    place: str
    """Path relative to the root, and line number."""
    message: str

    @property
    def folder(self) -> str:
        """The folder whose limit applies to the offense."""
        return next((folder for folder in FOLDERS if self.place.startswith(f"{folder}/")), TOP)


def clause_openings(file: TextFile) -> Iterator[Offense]:
    """Yield the docstrings that open with a clause word."""
    for line, text in file.docstrings:
        if _OPENS_WITH_CLAUSE.match(text):
            yield Offense(f"{file.path}:{line}", f"starts with a clause, not a verb or a noun: {_first_line(text)}")


def first_lines(file: TextFile) -> Iterator[Offense]:
    """Yield the docstrings whose first line is too long or incomplete."""
    for line, text in file.docstrings:
        first = _first_line(text)
        if len(first) > FIRST_LINE:
            yield Offense(f"{file.path}:{line}", f"has {len(first)} characters, not {FIRST_LINE}: {first}")
        elif not first.endswith((".", "!", "?", ":")):
            yield Offense(f"{file.path}:{line}", f"is not a complete sentence: {first}")


def banned_phrases(file: TextFile) -> Iterator[Offense]:
    """Yield banned words and phrases, which have a plain replacement."""
    for line, text in file.prose:
        plain = _CODE.sub("`…`", text)
        for match in _ANY_BANNED.finditer(plain):
            instead = next(instead for pattern, instead in _BANNED.items() if pattern.fullmatch(match[0]))
            offset = plain.count("\n", 0, match.start())
            yield Offense(f"{file.path}:{line + offset}", f'"{match[0]}": write {instead}')


def titles(file: TextFile) -> Iterator[Offense]:
    """Yield page titles that do not name a topic."""
    if not file.path.endswith(".md"):
        return
    for line, text in lines_outside_code(file.text):
        if match := _TITLE.fullmatch(text):
            if reason := title_problem(match[1]):
                yield Offense(f"{file.path}:{line}", f'"{match[1]}": {reason}')
            return


def title_problem(title: str) -> str | None:
    """Return the reason why a title does not name a topic, or None."""
    if title in OLD_TITLES:
        return f'write "{OLD_TITLES[title]}"'
    if _HAS_CLAUSE.search(title):
        return "name the topic with a noun"
    return None if _HAS_TOPIC.search(title) else "name a topic that users search for, see TOPICS"


def subject_problem(subject: str) -> str | None:
    """Return the reason why a commit subject breaks the rules, or None."""
    if len(subject) > SUBJECT:
        return f"{len(subject)} characters, at most {SUBJECT}"
    return None if CONVENTIONAL.fullmatch(subject) else "not a Conventional Commit, such as `fix(nat): compare ports`"


FILE_RULES: dict[str, Callable[[TextFile], Iterator[Offense]]] = {
    "clauses": clause_openings,
    "first-lines": first_lines,
    "phrases": banned_phrases,
    "titles": titles,
}
RULES = {
    "clauses": "docstrings that open with a clause",
    "first-lines": "docstring first lines, long or incomplete",
    "phrases": "banned words and phrases",
    "titles": "page titles without a topic",
    "spelling": "UK spellings",
    "commits": "commit subjects",
}

# -- input ---------------------------------------------------------------------------------------------------------


def start_spelling(root: Path, paths: list[str]) -> subprocess.Popen[str]:
    """Start codespell with its dictionary of UK spellings."""
    if importlib.util.find_spec("codespell_lib") is None:
        raise SystemExit("codespell is not installed. Run: pip install -e '.[quality]'")
    options = ["--builtin", "en-GB_to_en-US", "--ignore-words-list", ",".join(WIRE_WORDS)]
    command = [sys.executable, "-m", "codespell_lib", *options, *paths]
    return subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)


def read_spelling(process: subprocess.Popen[str]) -> Iterator[Offense]:
    """Yield the UK spellings that codespell prints.

    Each line of the output has the location, the UK word, ``==>`` and the US word.
    """
    output, _ = process.communicate()
    for line in output.splitlines():
        place, separator, words = line.partition(": ")
        if separator and " ==> " in words:
            yield Offense(place.removeprefix("./"), words)


def read_commits(root: Path, base: str) -> Iterator[Offense]:
    """Yield the commits after ``base`` whose subject breaks the rules.

    Yields nothing without Git or without the base commit, as in a shallow clone.
    """
    command = ["git", "log", "--no-merges", "--format=%h %s", f"{base}..HEAD", "--"]
    try:
        result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return
    for line in result.stdout.splitlines():
        commit, _, subject = line.partition(" ")
        if problem := subject_problem(subject):
            yield Offense(commit, f'"{subject}": {problem}')


def find_offenses(root: Path, base: str = COMMITS_SINCE) -> dict[str, list[Offense]]:
    """Return the offenses of a checkout by rule."""
    files = list(read_files(root))
    spelling = start_spelling(root, [file.path for file in files])
    offenses = {rule: [offense for file in files for offense in find(file)] for rule, find in FILE_RULES.items()}
    return {**offenses, "spelling": list(read_spelling(spelling)), "commits": list(read_commits(root, base))}


def _first_line(text: str) -> str:
    return text.splitlines()[0].rstrip()


# -- the table -----------------------------------------------------------------------------------------------------


def count_by_folder(offenses: dict[str, list[Offense]]) -> dict[str, dict[str, int]]:
    """Return the number of offenses by rule and folder."""
    return {rule: dict(Counter(offense.folder for offense in items)) for rule, items in offenses.items()}


def lower_limits(counts: dict[str, dict[str, int]], limits: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """Return the limits, lowered to the current counts. Limits of 0 are left out."""
    lowered = {
        rule: {folder: min(limit, counts[rule].get(folder, 0)) for folder, limit in limits.get(rule, {}).items()}
        for rule in RULES
    }
    return {rule: {folder: limit for folder, limit in rows.items() if limit} for rule, rows in lowered.items()}


def read_limits(root: Path) -> dict[str, dict[str, int]]:
    """Return the limits by rule and folder. The limit of a missing folder is 0."""
    return dict(yaml.safe_load((root / LIMITS).read_text(encoding="utf-8")))


def write_limits(root: Path, limits: dict[str, dict[str, int]]) -> None:
    """Write the limits to the file, and keep the comment at its start."""
    comment = "# Limits of tools/check_prose.py by rule and folder. They only go down: `check_prose.py --lower`.\n"
    (root / LIMITS).write_text(comment + yaml.safe_dump(limits, sort_keys=False), encoding="utf-8")


def print_table(counts: dict[str, dict[str, int]], limits: dict[str, dict[str, int]]) -> list[str]:
    """Print a row for each rule and folder. Return the rows that are over their limit."""
    over = []
    print(f"{'measure':64}{'now':>7}{'limit':>7}{'target':>8}")
    for rule, title in RULES.items():
        rows = limits.get(rule, {})
        for folder in [folder for folder in (*FOLDERS, TOP) if folder in rows or folder in counts[rule]] or ["all"]:
            count, limit = counts[rule].get(folder, 0), rows.get(folder, 0)
            print(f"{f'{title}: {folder}':64}{count:>7}{limit:>7}{0:>8}")
            if count > limit:
                over.append(f"{rule} {folder}" if folder != TOP else rule)
    return over


def main(arguments: list[str] | None = None) -> int:
    """Print the table. Return 1 if a count is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=ROOT)
    parser.add_argument("--base", default=COMMITS_SINCE, help="check the subjects of the commits after this one")
    parser.add_argument(
        "--list", nargs="+", metavar=("RULE", "FOLDER"), help=f"print what a rule finds: {', '.join(RULES)}"
    )
    parser.add_argument("--lower", action="store_true", help="lower the limits to the present counts")
    options = parser.parse_args(arguments)
    rule, *folders = options.list or [None]
    if rule and rule not in RULES:
        parser.error(f"argument --list: no rule is named {rule!r}. Choose from {', '.join(RULES)}.")
    offenses = find_offenses(options.root, options.base)
    if rule:
        shown = [offense for offense in offenses[rule] if not folders or offense.place.startswith(tuple(folders))]
        print("\n".join(f"{offense.place}: {offense.message}" for offense in shown))
        return 0
    counts = count_by_folder(offenses)
    if options.lower:
        write_limits(options.root, lower_limits(counts, read_limits(options.root)))
    if over := print_table(counts, read_limits(options.root)):
        print(f"Over the limit: {'; '.join(over)}. To see the offenses, run with --list RULE FOLDER.", file=sys.stderr)
    return bool(over)


if __name__ == "__main__":
    sys.exit(main())
