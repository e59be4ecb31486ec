"""Generate pages for the modules, plugins, roles and playbooks of the collection."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from antsibull_docs_parser import dom
from antsibull_docs_parser.format import LinkProvider
from antsibull_docs_parser.html import to_html_plain
from antsibull_docs_parser.parser import Context, parse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FOLDER = "reference/collection"
KINDS = {
    "module": "Modules",
    "role": "Roles",
    "inventory": "Inventory plugins",
    "lookup": "Lookup plugins",
    "filter": "Filter plugins",
    "test": "Test plugins",
    "callback": "Callback plugins",
}
"""Kinds of plugins in the order of the list. Other kinds follow."""
FEATURES = {
    "firewall": "Firewall",
    "nat": "NAT",
    "ipsec": "IPsec",
    "edge": "Edge gateways",
    "dr": "Disaster recovery",
    "metrics": "Metrics",
    "query": "Queries",
    "resource": "Resources of plugins",
}
"""Titles of module groups, in order, by the word after ``vca_`` in module names."""
SHARED = {"vca": "Options of the connection", "edge": "Options of the edge gateway", "stage": "Options of the stage"}
"""Fragments with options of many modules. Each has a separate, folded table."""


@cache
def galaxy() -> Mapping[str, Any]:
    """Return the content of ``galaxy.yml``."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    return found


def repository() -> str:
    """Return the URL of the source repository."""
    return str(galaxy()["repository"])


def pages() -> Iterator[tuple[str, str]]:
    """Yield (name, text) of each page. The name is a path below ``docs``."""
    kinds = documented()
    for kind, plugins in kinds.items():
        for fqcn, entry in sorted(plugins.items()):
            plugin = dom.PluginIdentifier(fqcn=fqcn, type=kind)
            name = fqcn.rpartition(".")[2]
            yield (
                f"{FOLDER}/{name}.md",
                _template("plugin.md.j2", plugin).render(name=name, fqcn=fqcn, tables=_tables(entry["doc"]), **entry),
            )
    contents = grouped(kinds)
    yield f"{FOLDER}/index.md", _template("collection.md.j2").render(contents=contents, about=galaxy())
    yield f"{FOLDER}/.nav.yml", yaml.safe_dump({"nav": _navigation(contents)}, sort_keys=False)
    books = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "playbooks").glob("*.yml"))}
    yield f"{FOLDER}/playbooks.md", _template("playbooks.md.j2").render(books=books, said_first=_head_comment)


def grouped(kinds: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, dict[str, str]]]:
    """Return short descriptions by plugin type, feature and name.

    Only modules have features. For all other types, the feature is an empty string.
    """
    contents: dict[str, dict[str, dict[str, str]]] = {}
    order = [*KINDS, *sorted(set(kinds) - set(KINDS))]
    for kind in (kind for kind in order if kind in kinds):
        names = {fqcn.rpartition(".")[2]: entry["doc"]["short_description"] for fqcn, entry in kinds[kind].items()}
        features: dict[str, dict[str, str]] = {}
        for name in sorted(names, key=lambda name: (_feature_rank(name), name)):
            features.setdefault(_feature(name) if kind == "module" else "", {})[name] = names[name]
        contents[KINDS.get(kind, f"{kind.capitalize()} plugins")] = features
    return contents


def _feature(module: str) -> str:
    """Return the feature of a module from the word after ``vca_`` in its name."""
    word = module.split("_")[1] if "_" in module else module
    return FEATURES.get(word, word.capitalize())


def _feature_rank(module: str) -> int:
    titles = list(FEATURES.values())
    return titles.index(_feature(module)) if _feature(module) in titles else len(titles)


def _navigation(contents: Mapping[str, Mapping[str, Mapping[str, str]]]) -> list[Any]:
    """Return the navigation of the collection pages for awesome-nav.

    The pages are listed by plugin type, modules also by feature. The page of playbooks is last.
    """
    entries: list[Any] = ["index.md"]
    for kind, features in contents.items():
        below: list[Any] = []
        for feature, names in features.items():
            linked = [f"{name}.md" for name in names]
            below += [{feature: linked}] if feature else linked
        entries.append({kind: below})
    return [*entries, "playbooks.md"]


def documented() -> dict[str, dict[str, Any]]:
    """Return the output of ``ansible-doc`` by kind and full name.

    Values are ``{"doc": …, "examples": …, "return": …}``.
    """
    name = f"{galaxy()['namespace']}.{galaxy()['name']}"
    command = [str(Path(sys.executable).parent / "ansible-doc"), "--metadata-dump", "--no-fail-on-errors", name]
    env = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    env |= {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections")}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    found: dict[str, dict[str, Any]] = {}
    for kind, entries in json.loads(done.stdout)["all"].items():
        ours = {fqcn: entry for fqcn, entry in entries.items() if fqcn.startswith(f"{name}.")}
        broken = [f"{fqcn}: {entry['error']}" for fqcn, entry in ours.items() if "error" in entry]
        if broken:
            raise ValueError("; ".join(broken))
        if kind == "role":
            ours = {fqcn: _of_role(entry) for fqcn, entry in ours.items()}
        if ours:
            found[kind] = ours
    return found


def _of_role(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Convert the documentation of a role's main entry point to the module format."""
    main = entry["entry_points"]["main"]
    return {"doc": {"description": [], "options": {}, **main}, "examples": main.get("examples", ""), "return": {}}


def _tables(doc: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the options, keyed by table title.

    Options that belong only to this plugin have an empty title.
    """
    found: dict[str, dict[str, Any]] = {"": {}}
    homes = {option: title for fragment, title in SHARED.items() for option in _fragment(fragment)}
    for name, option in (doc.get("options") or {}).items():
        found.setdefault(homes.get(name, ""), {})[name] = option
    return {title: found[title] for title in ("", *SHARED.values()) if found.get(title)}


@cache
def _fragment(name: str) -> frozenset[str]:
    path = ROOT / "plugins" / "doc_fragments" / f"_{name}.py"
    spec = importlib.util.spec_from_file_location(f"fragment_{name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return frozenset(yaml.safe_load(module.ModuleDocFragment.DOCUMENTATION)["options"])


class _Links(LinkProvider):
    """Links to other pages of the collection. Names of other collections have no link."""

    def plugin_link(self, plugin: dom.PluginIdentifier) -> str | None:
        namespace, _, name = plugin.fqcn.rpartition(".")
        return f"{name}.html" if namespace == f"{galaxy()['namespace']}.{galaxy()['name']}" else None

    def plugin_option_like_link(
        self, plugin: dom.PluginIdentifier, entrypoint: str | None, what: str, name: list[str], current_plugin: bool
    ) -> str | None:
        page = "" if current_plugin else self.plugin_link(plugin)
        return None if page is None else f"{page}#{what}-{'-'.join(name)}"


def _template(name: str, plugin: dom.PluginIdentifier | None = None) -> Any:
    """Return a Jinja environment whose ``markup`` turns Ansible's markup into HTML."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        autoescape=True, keep_trailing_newline=True,
    )  # fmt: skip

    def markup(text: str | list[str]) -> Markup:
        context = Context(current_plugin=plugin, role_entrypoint="main" if plugin and plugin.type == "role" else None)
        said = parse([text] if isinstance(text, str) else text, context, errors="exception")
        return Markup(to_html_plain(said, link_provider=_Links(), current_plugin=plugin, par_sep=""))

    made.filters |= {"markup": markup, "as_yaml": _as_yaml, "as_word": _as_word, "as_list": _as_list}
    return made.get_template(name)


def _as_yaml(value: Any) -> str:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, default_flow_style=None).removesuffix("...\n")


def _as_word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _as_list(value: Any) -> list[Any]:
    return [value] if isinstance(value, str) else list(value or [])


def _head_comment(text: str) -> str:
    """Return the comment at the head of a playbook, as one line."""
    lines = [line.removeprefix("#").strip() for line in text.splitlines() if line.startswith("#")]
    return " ".join(lines)
