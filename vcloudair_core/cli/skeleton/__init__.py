"""A new plugin, made of templates: a distribution that works, with tests that pass, to be changed into one's own."""

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
    """Return the forms of a plugin's name. Raises ConfigurationError when it is not a valid one.

    Shape: ``{"name": "acme_dns", "package": "vcloudair_acme_dns", "distribution": "vcloudair-acme-dns", "upper":
    "ACME_DNS", "record": "acmeDnsThing", "element": "AcmeDnsThing"}``.
    """
    if not _NAME.match(name) or len(name) > _LONGEST:
        raise ConfigurationError(
            f"{name!r} is no name for a plugin.",
            hint=f"Use small letters, digits, and single dashes or underscores in between: at most {_LONGEST}.",
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
    """Write a new plugin into a folder that is empty or not there yet. Returns the files, in order.

    ``taken``: names that other plugins have. Raises ConfigurationError before anything is written when the name or the
    folder will not do, and when it cannot be written.
    """
    names = names_for(name)
    if names["name"] in taken:
        raise ConfigurationError(
            f"The name {names['name']!r} is taken.", hint="Choose another name. `vca plugins` shows who has it."
        )
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ConfigurationError(f"{folder} is not an empty directory.", hint="Name another directory with --dir.")
        written = [_write(template, folder / path, names) for path, template in _templates(names["package"])]
    except OSError as exc:
        raise unwritable("The directory", folder, exc) from exc
    if not written:
        raise ConfigurationError(f"There are no templates in {_FILES}.", hint="Install vcloudair-core again.")
    return written


def _templates(package: str) -> Iterator[tuple[str, Path]]:
    """(path in the new distribution, template)."""
    for template in sorted(_FILES.rglob(f"*{_SUFFIX}")):
        path = template.relative_to(_FILES).as_posix().removesuffix(_SUFFIX)
        # Named without the dot here, as packages leave hidden folders out.
        yield path.replace("/package/", f"/{package}/").replace("github/", ".github/", 1), template


def _write(template: Path, path: Path, names: dict[str, str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(Template(template.read_text(encoding="utf-8")).substitute(names), encoding="utf-8")
    return path
