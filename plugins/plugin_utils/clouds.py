# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""What the inventory plugins share: sources, caching, names and groups. Private to this collection."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from ansible import constants, template
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.group import to_safe_group_name
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.vcloudair.cloud.plugins.module_utils import _runner
from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import connection_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._native import native
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Params
from ansible_collections.vcloudair.cloud.plugins.plugin_utils import host_drafts
from ansible_collections.vcloudair.cloud.plugins.plugin_utils.host_drafts import Record
from ansible_collections.vcloudair.cloud.plugins.plugin_utils.inventory_options import OptionReader, refuse_unknown

if TYPE_CHECKING:
    from vcloudair_core import Client

ENDINGS = (".vca.yml", ".vca.yaml")
SHOWN_NAMES = 10

AT_ONCE = 4
"""Sources that are read at the same time."""


NEEDS_MARKING = not hasattr(template, "trust_as_template")
"""Newer versions of Ansible trust nothing unless it is said; older ones trust all that is not marked."""


def as_data(value: Any) -> Any:
    """A value that is never templated."""
    return wrap_var(value) if NEEDS_MARKING else value


def as_expression(text: str) -> str:
    """Text that is made of what the file has, and may be evaluated."""
    return text if NEEDS_MARKING else template.trust_as_template(text)


def keeps_group_names() -> bool:
    """True when the user wants group names as they are. By default, only valid variable names are made."""
    value, origin = constants.config.get_config_value_and_origin("TRANSFORM_INVALID_GROUP_CHARS")
    return value in ("never", "ignore") and origin != "default"


class CloudInventory(BaseInventoryPlugin, Constructable, Cacheable):
    """Records of clouds as hosts. What becomes a host is what :meth:`read_vdc` of a plugin returns.

    Shape of a record: a mapping with ``name``, ``id`` and whatever else the plugin knows.
    """

    THING = "record"
    NAME: str
    inventory: Any
    """The inventory of Ansible, or the draft of a host in its place."""
    SOURCE_OPTIONS: tuple[str, ...] = ("vdcs",)
    """Options, besides those of the connection, that each source may have for itself."""
    ASKED_OPTIONS: tuple[str, ...] = ()
    """Options that change what is read, and so what the cache holds."""
    QUALIFIERS: tuple[str, ...] = ("id",)
    """What is added to the names of records that share one: the first, and the next where that does not do."""

    # -- what a plugin says ----------------------------------------------------------------------------------------

    def read_vdc(self, client: Client, source: Params, vdc: str) -> Sequence[Record]:
        """Records of a VDC, by name or id, or of all of them when it is empty. Raises VcloudAirError."""
        raise NotImplementedError

    def add_variables(self, host: str, record: Record, variables: dict[str, Any]) -> None:
        """Variables of a host besides those of its record."""

    def group_names(self, record: Record) -> Iterator[tuple[str, str]]:
        """Yield the groups of a record: the name as it is, before it is made safe, and what the group is made of."""
        raise NotImplementedError

    # -- Ansible's own ---------------------------------------------------------------------------------------------

    def verify_file(self, path: str) -> bool:
        """Whether the file is meant for this plugin."""
        return super().verify_file(path) and path.endswith(ENDINGS)

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Fill the inventory."""
        super().parse(inventory, loader, path, cache)
        self._made_of: dict[str, dict[str, None]] = {}
        self._incomplete: dict[str, list[str]] = {}
        self._read_config_data(path)
        problem = _runner.library_problem()
        if problem:
            raise AnsibleParserError(problem["msg"])
        sources = [self._source(source) for source in self.get_option("sources") or [{}]]
        self._fill(self._records(path, sources, cache))

    def set_options(
        self, task_keys: Any = None, var_options: Any = None, direct: Mapping[str, Any] | None = None
    ) -> None:
        """Set the options as Ansible does, once those of the file are checked and plain."""
        if direct is not None:
            self.templar.available_variables = dict(self._vars or {})
            direct = OptionReader(self.option_definitions, self.templar.template).read(direct)
        super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)

    def _sanitize_group_name(self, name: Any) -> str:
        """Make a group name safe, unless the user wants it as it is."""
        name = native(name)
        safe = name if keeps_group_names() else to_safe_group_name(name, force=True, silent=True)
        self._made_of.setdefault(safe, {}).setdefault(name, None)
        return safe

    # -- where from ------------------------------------------------------------------------------------------------

    def _source(self, given: Mapping[str, Any]) -> Params:
        """One place to look at: options of the connection, and :attr:`SOURCE_OPTIONS`."""
        options = {name: self.get_option(name) for name in connection_arguments()}
        own = {name: self.get_option(name) for name in self.SOURCE_OPTIONS}
        refuse_unknown(given, {**options, **own}, "an option of a source")
        source = {**options, **own, **given}
        return {name: native(value) for name, value in source.items() if value is not None}

    def _records(self, path: str, sources: list[Params], cache: bool) -> list[Record]:
        """Return what was read, or the cached result of the same options and accounts."""
        is_cached = self.get_option("cache")
        if is_cached and cache:
            try:
                return self._cache[self._cache_key(path, sources)]
            except KeyError:
                pass
        records, is_whole = self._read(sources)
        if is_cached and is_whole:
            # Signing in may have replaced a token that is kept in a file.
            self._cache[self._cache_key(path, sources)] = records
        return records

    def _cache_key(self, path: str, sources: list[Params]) -> str:
        """A key in which everything counts that tells one account, or one question, from another."""
        hidden = {name for name, spec in connection_arguments().items() if spec.get("no_log")}
        asked = [{key: value for key, value in source.items() if key not in hidden} for source in sources]
        options = [self.get_option(name) for name in self.ASKED_OPTIONS]
        try:
            accounts = [_runner.account_key(source) for source in sources]
        except _runner.vcloudair_core.VcloudAirError as exc:
            raise AnsibleParserError(f"The settings of the inventory are not valid: {exc}") from exc
        text = json.dumps([asked, native(options), accounts], sort_keys=True, default=str)
        return f"{self.get_cache_key(path)}_{hashlib.sha256(text.encode()).hexdigest()[:32]}"

    def _read(self, sources: list[Params]) -> tuple[list[Record], bool]:
        with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(sources))) as pool:
            results = list(pool.map(self._read_source, sources))
        problems = [problem for result in results for problem in result["problems"]]
        if problems and self.get_option("strict"):
            raise AnsibleParserError("; ".join(problems))
        if problems and not any(result["records"] is not None for result in results):
            raise AnsibleParserError("Nothing could be read: " + "; ".join(problems))
        for problem in problems:
            self._warn("the inventory is not complete: " + problem)
        return [record for result in results for record in result["records"] or []], not problems

    def _read_source(self, source: Params) -> dict[str, Any]:
        """``records`` is None when nothing of the source could be read; ``problems`` name it."""
        name = " ".join(str(source[key]) for key in ("url", "org") if source.get(key)) or "the cloud"
        done = _runner.execute(self._read_vdcs, dict(source, name=name))
        if done.get("failed"):
            return {"records": None, "problems": ["{}: {}".format(name, done["msg"])]}
        self._note(f"{len(done['records'] or [])} {self.THING}s of {name} in {done['api_calls']} calls")
        return done

    def _read_vdcs(self, client: Client, params: Params, check_mode: bool, diff_mode: bool) -> dict[str, Any]:
        records: list[Record] = []
        problems: list[str] = []
        is_read = False
        for vdc in params["vdcs"] or [params.get("vdc") or client.settings.vdc or ""]:
            try:
                records += self.read_vdc(client, params, vdc)
                is_read = True
            except _runner.vcloudair_core.SpecError:
                raise
            except _runner.vcloudair_core.VcloudAirError as exc:
                if not params["vdcs"]:
                    raise
                problems.append("{}, VDC {}: {}".format(params["name"], vdc, exc))
        return {"records": records if is_read else None, "problems": problems}

    # -- hosts and groups ------------------------------------------------------------------------------------------

    def _fill(self, records: list[Record]) -> None:
        prefix, real = self.get_option("hostvars_prefix"), self.inventory
        wanted = self._wanted(records, prefix)
        names = [name for name, record, variables in wanted]
        chosen = [record for name, record, variables in wanted]
        self._complain_of_doubles(names)
        reserved = host_drafts.taken_names(real, chosen, names, prefix)
        root = self.get_option("root_group")
        root = self._sanitize_group_name(root) if root else None
        if root:
            reserved.add(root)

        def draft(position: int, name: str) -> host_drafts.HostDraft:
            return self._draft(host_drafts.HostDraft(name, real), root, *wanted[position][1:])

        try:
            drafts, moved = host_drafts.name_hosts(
                chosen, names, draft, reserved,
                qualifiers=self.QUALIFIERS, is_qualified=self.get_option("duplicates") == "qualify",
            )  # fmt: skip
        finally:
            self.inventory = real
        if root:
            real.add_group(root)
        host_drafts.put(drafts, real, self._warn)
        self._tell_of_names(moved)

    def _draft(
        self, draft: host_drafts.HostDraft, root: str | None, record: Record, variables: dict[str, Any]
    ) -> host_drafts.HostDraft:
        """Work out the variables and groups of a host. Ansible's helpers take the draft for the inventory."""
        self.inventory = draft
        host, prefix = draft.name, self.get_option("hostvars_prefix")
        if root:
            draft.add_host(host, root)
        for key in self.get_option("hostvars"):
            if key in record:
                draft.set_variable(host, prefix + key, variables[prefix + key])
        self.add_variables(host, record, variables)
        for raw, meaning in self.group_names(record):
            safe = self._sanitize_group_name(raw)
            if meaning != raw:
                self._made_of[safe].pop(raw, None)
                self._made_of[safe][meaning] = None
            draft.add_host(host, safe)
        try:
            self._construct(host, variables)
        except AnsibleError as exc:
            if self.get_option("strict"):
                raise
            self._incomplete.setdefault(str(exc), []).append(host)
        return draft

    def _construct(self, host: str, variables: dict[str, Any]) -> None:
        strict = self.get_option("strict")
        if self.get_option("compose"):
            self._set_composite_vars(self.get_option("compose"), variables, host, strict=strict)
        if self.get_option("groups"):
            self._add_host_to_composed_groups(self.get_option("groups"), variables, host, strict=strict)
        if self.get_option("keyed_groups"):
            self._is_making_keys = True
            try:
                self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host, strict=strict)
            finally:
                self._is_making_keys = False

    _is_making_keys = False

    def _compose(self, *arguments: Any, **more: Any) -> Any:
        """Evaluate as Ansible does. Keys of groups are text: older versions know no numbers there, newer no zero."""
        value = super()._compose(*arguments, **more)
        return _as_key(value) if self._is_making_keys else value

    def _wanted(self, records: Iterable[Record], prefix: str) -> list[tuple[str, Record, dict[str, Any]]]:
        """Host name, record and variables of those that are wanted."""
        found = []
        for record in records:
            variables = {prefix + key: as_data(value) for key, value in record.items()}
            if self._is_wanted(variables):
                name = self.first(self.get_option("hostnames"), record, variables)
                found.append((_harmless(native(name or record["id"])), record, variables))
        return found

    def _complain_of_doubles(self, names: Iterable[str]) -> None:
        doubles = sorted({name for name, count in Counter(names).items() if count > 1})
        if doubles and self.get_option("duplicates") == "error":
            raise AnsibleParserError(
                f"More than one {self.THING} would be host {_listed(doubles)}. Choose other hostnames."
            )
        if doubles:
            self._warn(f"more than one {self.THING} is called {_listed(doubles)}; their hosts are told apart.")

    def _tell_of_names(self, moved: Iterable[tuple[str, str]]) -> None:
        if moved:
            self._warn(
                "names of groups, of other hosts and of localhost are not taken as host names; these are called "
                "otherwise: {}.".format(_listed("{} (now {})".format(*pair) for pair in moved))
            )
        for reason, hosts in self._incomplete.items():
            self._warn(f"not in all of their groups are {_listed(hosts)}: {reason}")
        for safe, meanings in sorted(self._made_of.items()):
            if len(meanings) > 1:
                self._warn(
                    f"{len(meanings)} groups became one, {safe}: {_listed(sorted(map(repr, meanings)))}. "
                    "Set ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS=ignore to keep names as they are."
                )

    def _is_wanted(self, variables: dict[str, Any]) -> bool:
        include, exclude = self.get_option("include"), self.get_option("exclude")
        if include and not any(self._is_met(condition, variables) for condition in include):
            return False
        return not any(self._is_met(condition, variables) for condition in exclude)

    def _is_met(self, condition: str, variables: dict[str, Any]) -> bool:
        """Have Jinja decide, which knows numbers and texts apart where older versions of Ansible do not."""
        return bool(self._evaluated(as_expression(f"true if ({condition}) else false"), variables, condition))

    def first(self, wanted: Iterable[str], record: Record, variables: dict[str, Any]) -> str:
        """The first that is not empty, of variables without prefix and of expressions. Zero is not empty."""
        for word in wanted:
            value = native(record[word] if word in record else self._evaluated(word, variables))
            if value or (value == 0 and not isinstance(value, bool)):
                return str(value)
        return ""

    def _evaluated(self, expression: str, variables: dict[str, Any], shown: str | None = None) -> Any:
        try:
            return self._compose(expression, variables)
        except Exception as exc:
            expression = shown or expression
            if self.get_option("strict"):
                raise AnsibleParserError(f"{expression} cannot be evaluated: {exc}") from exc
            self._note(f"{expression} cannot be evaluated: {exc}")
            return None

    # -- telling ---------------------------------------------------------------------------------------------------

    def _warn(self, message: str) -> None:
        self.display.warning("{}: {}".format(self.NAME.rpartition(".")[2], message))

    def _note(self, message: str) -> None:
        self.display.vvv("{}: {}".format(self.NAME.rpartition(".")[2], message))


def _harmless(name: str) -> str:
    """A host name that leads out of the folder host_vars would bring the variables of others along."""
    return name.replace("/", "_") if ".." in name.split("/") else name


def _as_key(value: Any) -> Any:
    """Numbers as text, also in lists and mappings."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, (int, float)):
        return str(native(value))
    if isinstance(value, dict):
        return {key: _as_key(item) for key, item in value.items()}
    return [_as_key(item) for item in value] if isinstance(value, (list, tuple)) else value


def _listed(names: Iterable[Any]) -> str:
    names = [str(name) for name in names]
    more = len(names) - SHOWN_NAMES
    return ", ".join(names[:SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")
