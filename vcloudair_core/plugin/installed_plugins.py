"""Find the installed plugins, with a cache of their metadata.

importlib.metadata reads the entry points of every installed distribution, which takes longer than a sign-in. The cache
has a record for each folder of ``sys.path``. A record is used as long as the folder and the files with entry points are
unchanged. Every installation, upgrade and removal changes the folder or one of these files.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vcloudair_core.settings.private_cache import cache_path, read_private, write_private

if TYPE_CHECKING:
    import importlib.metadata

ENTRY_POINT_GROUP = "vcloudair_core"
FORMAT = 2
_METADATA = (".dist-info", ".egg-info")
_FILES = ("entry_points.txt", "METADATA", "PKG-INFO")
_UNSETTLED_NS = 2_000_000_000
"""A folder that changed within this time is not cached.

Another change could leave its modification time as it is, because file systems have coarse clocks.
"""
_MOST_FOLDERS = 64


@dataclass(frozen=True)
class InstalledPlugin:
    """The entry point of a plugin, with the name and version of its distribution."""

    name: str
    value: str
    distribution: str = ""
    version: str = ""

    @classmethod
    def of(cls, entry_point: importlib.metadata.EntryPoint) -> InstalledPlugin:
        """Convert an entry point."""
        # An interrupted pip leaves distributions without name and version.
        dist = entry_point.dist
        names = (dist.name or "", dist.version or "") if dist is not None else ("", "")
        return cls(entry_point.name, entry_point.value, *names)

    def load(self) -> Any:
        """Import and return the plugin, a module or an object in a module."""
        if all(name.isidentifier() for name in self.value.split(".")):
            return importlib.import_module(self.value)
        from importlib.metadata import EntryPoint

        return EntryPoint(self.name, self.value, ENTRY_POINT_GROUP).load()


def installed_plugins() -> list[InstalledPlugin]:
    """Return the plugins of all distributions on ``sys.path``.

    A test checks that the result equals the entry points of importlib.metadata. If ``sys.path`` has several
    distributions with the same name, only the first one is used.
    """
    if any(hasattr(finder, "find_distributions") for finder in sys.meta_path if not _is_path_finder(finder)):
        return _read_all()  # Such a finder knows distributions that are not on sys.path.
    try:
        return _read_changed()
    except (KeyError, TypeError, ValueError, AttributeError):  # a damaged cache, or metadata that raises again
        return _read_all()


def _read_changed() -> list[InstalledPlugin]:
    path = cache_path(f"plugins-{FORMAT}.json")
    cached = _read(path)
    used: dict[str, Any] = {}
    plugins: list[InstalledPlugin] = []
    seen: set[str] = set()
    for folder in sys.path:
        place = os.path.abspath(folder)  # noqa: PTH100 - the import of pathlib takes time
        record = used[place] = _record(folder, place, cached.get(place))
        for name, offers in record["distributions"]:
            if name not in seen:
                seen.add(name)
                plugins += [InstalledPlugin(*offer) for offer in offers]
    kept = {place: record for place, record in used.items() if record.get("stamp")}
    if path and any(cached.get(place) is not record for place, record in kept.items()):
        older = [(place, record) for place, record in cached.items() if place not in kept]
        write_private(path, json.dumps({**dict(older[-_MOST_FOLDERS:]), **kept}).encode())
    return plugins


def _read_all() -> list[InstalledPlugin]:
    import importlib.metadata

    return [InstalledPlugin.of(entry) for entry in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP)]


def _is_path_finder(finder: object) -> bool:
    return getattr(finder, "__name__", "") == "PathFinder" and getattr(finder, "__module__", "").startswith("_frozen")


def _read(path: str) -> Mapping[str, Any]:
    try:
        content = json.loads(read_private(path)) if path else {}
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _record(folder: str, place: str, cached: Any) -> Mapping[str, Any]:
    """Return a record of the distributions in a folder.

    ``place`` is the absolute path of ``folder``. ``cached`` is the cached record, which is returned if the folder is
    unchanged. ``stamp`` in a record is the state of the folder (see ``_stamp``). A record without a stamp must not be
    cached.
    """
    stamp = _stamp(place)
    if not stamp:
        return {"distributions": []}
    if isinstance(cached, dict) and cached.get("stamp") == stamp and _unchanged(cached.get("files")):
        return cached
    if os.path.isdir(place) and not _has_metadata(place):  # noqa: PTH112 - as above
        return {"stamp": stamp if _is_settled(stamp) else None, "distributions": [], "files": {}}
    import importlib.metadata

    distributions, files = [], {}
    for distribution in importlib.metadata.distributions(path=[folder]):
        entries = [entry for entry in distribution.entry_points if entry.group == ENTRY_POINT_GROUP]
        names = (distribution.name or "", distribution.version or "") if entries else ()
        distributions.append((_normalized(distribution), [(entry.name, entry.value, *names) for entry in entries]))
        at = str(getattr(distribution, "_path", ""))
        # setuptools changes files in an .egg-info folder in place. Any other distribution can become a plugin.
        names_of_files = _FILES if entries or at.endswith(".egg-info") else _FILES[:1]
        files.update({path: _stamp(path) for path in (at, *(os.path.join(at, name) for name in names_of_files))})  # noqa: PTH118
    is_kept = os.path.isdir(place) and _is_settled(stamp) and not place.endswith(".egg")  # noqa: PTH112 - as above
    return {"stamp": stamp if is_kept else None, "distributions": distributions, "files": files}


def _normalized(distribution: importlib.metadata.Distribution) -> str:
    """Return the normalized name with which importlib.metadata detects duplicates."""
    return str(getattr(distribution, "_normalized_name", None) or distribution.name)


def _has_metadata(place: str) -> bool:
    """Return True if importlib.metadata can find distributions in a folder."""
    return any(name.lower().endswith((*_METADATA, "egg-info")) for name in _names(place))


def _names(place: str) -> Iterator[str]:
    try:
        yield from os.listdir(place)  # noqa: PTH208 - as above
    except OSError:
        return


def _stamp(path: str) -> list[int]:
    """Return values that change when a file or folder changes.

    The list is empty if the file does not exist.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 - as above
    except (OSError, ValueError):
        return []
    return [status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size]


def _is_settled(stamp: list[int]) -> bool:
    return abs(time.time_ns() - max(stamp[1:3])) > _UNSETTLED_NS


def _unchanged(files: Any) -> bool:
    return isinstance(files, dict) and all(_stamp(path) == stamp for path, stamp in files.items())
