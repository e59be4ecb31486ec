"""Create a new plugin from templates: a working distribution with tests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Template

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.util.user_files import unwritable

_NAME = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*\Z")
_LONGEST = 30
_FILES = Path(__file__).resolve().parent / "files"
_SUFFIX = ".tmpl"


def names_for(name: str) -> dict[str, str]:
    """Return the forms of a plugin name.

    Raises ConfigurationError if the name is invalid.

    Example: ``{"name": "acme_dns", "package": "vcloudair_acme_dns", "distribution": "vcloudair-acme-dns", "upper":
    "ACME_DNS", "record": "acmeDnsThing", "element": "AcmeDnsThing"}``.
    """
    if not _NAME.match(name) or len(name) > _LONGEST:
        raise ConfigurationError(
            f"Invalid plugin name: {name!r}.",
            hint=f"Use at most {_LONGEST} lowercase letters, digits, and single dashes or underscores between them.",
        )
    plain = name.replace("-", "_")
    element = "".join(word.capitalize() for word in plain.split("_")) + "Thing"
    return {
        "name": plain,
        "package": f"vcloudair_{plain}",
        "distribution": f"vcloudair-{plain.replace('_', '-')}",
        "upper": plain.upper(),
        "record": element[:1].lower() + element[1:],
        "element": element,
    }


def write_plugin(name: str, folder: Path, taken: Iterable[str] = ()) -> list[Path]:
    """Write a new plugin into an empty or new folder. Returns the paths of the files.

    ``taken`` contains the names that are already in use. Raises ConfigurationError if the name or the folder is not
    usable.
    """
    names = names_for(name)
    if names["name"] in taken:
        raise ConfigurationError(
            f"The plugin name {names['name']!r} is already used.",
            hint="Use another name. Run `vca plugins` to list the used names.",
        )
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ConfigurationError(
                f"The directory '{folder}' is not empty.", hint="Pass another directory with --dir."
            )
        written = [_write(template, folder / path, names) for path, template in _templates(names["package"])]
    except OSError as exc:
        raise unwritable("The directory", folder, exc) from exc
    if not written:
        raise ConfigurationError(f"Plugin templates not found in '{_FILES}'.", hint="Reinstall vcloudair-core.")
    return written


def _templates(package: str) -> Iterator[tuple[str, Path]]:
    """Yield (path in the new distribution, path of the template) pairs."""
    for template in sorted(_FILES.rglob(f"*{_SUFFIX}")):
        path = template.relative_to(_FILES).as_posix().removesuffix(_SUFFIX)
        # The template folder has no dot, because packaging skips hidden folders.
        yield path.replace("/package/", f"/{package}/").replace("github/", ".github/", 1), template


def _write(template: Path, path: Path, names: dict[str, str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(Template(template.read_text(encoding="utf-8")).substitute(names), encoding="utf-8")
    return path
