# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Base class of the inventory plugins: sources, cache, host names and groups.

Private to this collection.
"""

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

MAX_PARALLEL_SOURCES = 4
"""Maximum number of sources that are read at the same time."""


NEEDS_MARKING = not hasattr(template, "trust_as_template")
"""True if this Ansible version templates all text that is not marked as unsafe.

Newer versions template only text that is marked as trusted.
"""


def as_data(value: Any) -> Any:
    """Mark a value so that Ansible never renders it as a template, and return it."""
    return wrap_var(value) if NEEDS_MARKING else value


def as_expression(text: str) -> str:
    """Return text from the inventory file as an expression that Ansible evaluates."""
    return text if NEEDS_MARKING else template.trust_as_template(text)


def keeps_group_names() -> bool:
    """Return True if the user configured Ansible to keep invalid group names."""
    value, origin = constants.config.get_config_value_and_origin("TRANSFORM_INVALID_GROUP_CHARS")
    return value in ("never", "ignore") and origin != "default"


class CloudInventory(BaseInventoryPlugin, Constructable, Cacheable):
    """Base class of the inventory plugins.

    A plugin adds a host for each record of :meth:`read_vdc`. A record is a mapping with ``name``, ``id`` and further
    keys of the plugin.
    """

    NOUN = "record"
    NAME: str
    inventory: Any
    """The Ansible inventory. While groups are computed, this is the draft of one host."""
    SOURCE_OPTIONS: tuple[str, ...] = ("vdcs",)
    """Options that each source can set, in addition to the connection options."""
    CACHE_OPTIONS: tuple[str, ...] = ()
    """Options that affect the records, and are therefore part of the cache key."""
    QUALIFIERS: tuple[str, ...] = ("id",)
    """Record keys whose values are appended to a name until the name is unique."""

    # -- for plugins to implement ----------------------------------------------------------------------------------

    def read_vdc(self, client: Client, source: Params, vdc: str) -> Sequence[Record]:
        """Return the records of a VDC, or of all VDCs if ``vdc`` is empty.

        ``vdc`` is a name or UUID. Raises VcloudAirError if the records cannot be read.
        """
        raise NotImplementedError

    def add_variables(self, host: str, record: Record, variables: dict[str, Any]) -> None:
        """Set further variables of a host, in addition to the variables from its record."""

    def group_names(self, record: Record) -> Iterator[tuple[str, str]]:
        """Yield the groups of a record, as pairs of the original name and a description.

        The original name can have characters that are invalid in group names. The description names the property that
        the group is made from.
        """
        raise NotImplementedError

    # -- interface of Ansible --------------------------------------------------------------------------------------

    def verify_file(self, path: str) -> bool:
        """Return True if the file name ends with ``.vca.yml`` or ``.vca.yaml``."""
        return super().verify_file(path) and path.endswith(ENDINGS)

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Read the records and add their hosts and groups to the inventory."""
        super().parse(inventory, loader, path, cache)
        self._group_origins: dict[str, dict[str, None]] = {}
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
        """Check, convert and set the options of the inventory file."""
        if direct is not None:
            self.templar.available_variables = dict(self._vars or {})
            direct = OptionReader(self.option_definitions, self.templar.template).read(direct)
        super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)

    def _sanitize_group_name(self, name: Any) -> str:
        """Replace invalid characters in a group name, unless Ansible is set to keep them."""
        name = native(name)
        safe = name if keeps_group_names() else to_safe_group_name(name, force=True, silent=True)
        self._group_origins.setdefault(safe, {}).setdefault(name, None)
        return safe

    # -- sources ---------------------------------------------------------------------------------------------------

    def _source(self, given: Mapping[str, Any]) -> Params:
        """Return the options of a source: connection options and :attr:`SOURCE_OPTIONS`.

        The values in ``given`` override the options of the inventory file.
        """
        options = {name: self.get_option(name) for name in connection_arguments()}
        own = {name: self.get_option(name) for name in self.SOURCE_OPTIONS}
        refuse_unknown(given, {**options, **own}, "an option of a source")
        source = {**options, **own, **given}
        return {name: native(value) for name, value in source.items() if value is not None}

    def _records(self, path: str, sources: list[Params], cache: bool) -> list[Record]:
        """Return the records of all sources.

        The records come from the cache if they were cached for the same sources, options and accounts.
        """
        is_cached = self.get_option("cache")
        if is_cached and cache:
            try:
                return self._cache[self._cache_key(path, sources)]
            except KeyError:
                pass
        records, is_whole = self._read(sources)
        if is_cached and is_whole:
            # The sign-in may have replaced a token in a file, which changes the key.
            self._cache[self._cache_key(path, sources)] = records
        return records

    def _cache_key(self, path: str, sources: list[Params]) -> str:
        """Return a cache key that depends on the sources, options and accounts."""
        hidden = {name for name, spec in connection_arguments().items() if spec.get("no_log")}
        public = [{key: value for key, value in source.items() if key not in hidden} for source in sources]
        options = [self.get_option(name) for name in self.CACHE_OPTIONS]
        try:
            accounts = [_runner.account_key(source) for source in sources]
        except _runner.vcloudair_core.VcloudAirError as exc:
            raise AnsibleParserError(f"The settings of the inventory are not valid: {exc}") from exc
        text = json.dumps([public, native(options), accounts], sort_keys=True, default=str)
        return f"{self.get_cache_key(path)}_{hashlib.sha256(text.encode()).hexdigest()[:32]}"

    def _read(self, sources: list[Params]) -> tuple[list[Record], bool]:
        with ThreadPoolExecutor(max_workers=min(MAX_PARALLEL_SOURCES, len(sources))) as pool:
            results = list(pool.map(self._read_source, sources))
        problems = [problem for result in results for problem in result["problems"]]
        if problems and self.get_option("strict"):
            raise AnsibleParserError("; ".join(problems))
        if problems and not any(result["records"] is not None for result in results):
            raise AnsibleParserError("Reading the inventory failed: " + "; ".join(problems))
        for problem in problems:
            self._warn("the inventory is incomplete: " + problem)
        return [record for result in results for record in result["records"] or []], not problems

    def _read_source(self, source: Params) -> dict[str, Any]:
        """Read a source, and return a dict with the keys ``records`` and ``problems``.

        ``records`` is None if no VDC of the source could be read. ``problems`` contains error messages.
        """
        name = " ".join(str(source[key]) for key in ("url", "org") if source.get(key)) or "the cloud"
        result = _runner.execute(self._read_vdcs, dict(source, name=name))
        if result.get("failed"):
            return {"records": None, "problems": ["{}: {}".format(name, result["msg"])]}
        self._note(f"read {len(result['records'] or [])} {self.NOUN}s of {name} with {result['api_calls']} API calls")
        return result

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
        selected = self._select(records, prefix)
        names = [name for name, record, variables in selected]
        chosen = [record for name, record, variables in selected]
        self._report_duplicates(names)
        reserved = host_drafts.taken_names(real, chosen, names, prefix)
        root = self.get_option("root_group")
        root = self._sanitize_group_name(root) if root else None
        if root:
            reserved.add(root)

        def draft(position: int, name: str) -> host_drafts.HostDraft:
            return self._draft(host_drafts.HostDraft(name, real), root, *selected[position][1:])

        try:
            drafts, renamed = host_drafts.name_hosts(
                chosen, names, draft, reserved,
                qualifiers=self.QUALIFIERS, is_qualified=self.get_option("duplicates") == "qualify",
            )  # fmt: skip
        finally:
            self.inventory = real
        if root:
            real.add_group(root)
        host_drafts.put(drafts, real, self._warn)
        self._report_names(renamed)

    def _draft(
        self, draft: host_drafts.HostDraft, root: str | None, record: Record, variables: dict[str, Any]
    ) -> host_drafts.HostDraft:
        """Add the variables and groups of a host to its draft, and return the draft.

        Ansible's helpers write to the draft instead of the inventory.
        """
        self.inventory = draft
        host, prefix = draft.name, self.get_option("hostvars_prefix")
        if root:
            draft.add_host(host, root)
        for key in self.get_option("hostvars"):
            if key in record:
                draft.set_variable(host, prefix + key, variables[prefix + key])
        self.add_variables(host, record, variables)
        for raw, description in self.group_names(record):
            safe = self._sanitize_group_name(raw)
            if description != raw:
                self._group_origins[safe].pop(raw, None)
                self._group_origins[safe][description] = None
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
        """Evaluate an expression. For ``keyed_groups``, return numbers as text.

        Older Ansible versions do not accept a number as the key of a group, and newer versions do not accept zero.
        """
        value = super()._compose(*arguments, **more)
        return _as_key(value) if self._is_making_keys else value

    def _select(self, records: Iterable[Record], prefix: str) -> list[tuple[str, Record, dict[str, Any]]]:
        """Return the records that the options ``include`` and ``exclude`` select.

        Each element is a tuple of host name, record and variables.
        """
        selected = []
        for record in records:
            variables = {prefix + key: as_data(value) for key, value in record.items()}
            if self._is_selected(variables):
                name = self.first(self.get_option("hostnames"), record, variables)
                selected.append((_safe_host_name(native(name or record["id"])), record, variables))
        return selected

    def _report_duplicates(self, names: Iterable[str]) -> None:
        duplicates = sorted({name for name, count in Counter(names).items() if count > 1})
        if duplicates and self.get_option("duplicates") == "error":
            raise AnsibleParserError(
                f"Several {self.NOUN}s have the host name {_listed(duplicates)}. Change the option hostnames."
            )
        if duplicates:
            self._warn(f"several {self.NOUN}s have the name {_listed(duplicates)}; their host names are qualified.")

    def _report_names(self, renamed: Iterable[tuple[str, str]]) -> None:
        if renamed:
            self._warn(
                "names of groups, other hosts and localhost cannot be host names; these hosts were renamed: {}.".format(
                    _listed("{} (now {})".format(*pair) for pair in renamed)
                )
            )
        for reason, hosts in self._incomplete.items():
            self._warn(f"hosts are missing from some of their groups: {_listed(hosts)}. {reason}")
        for safe, origins in sorted(self._group_origins.items()):
            if len(origins) > 1:
                self._warn(
                    f"{len(origins)} groups were merged into {safe}: {_listed(sorted(map(repr, origins)))}. "
                    "Set ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS=ignore to keep their names."
                )

    def _is_selected(self, variables: dict[str, Any]) -> bool:
        include, exclude = self.get_option("include"), self.get_option("exclude")
        if include and not any(self._is_met(condition, variables) for condition in include):
            return False
        return not any(self._is_met(condition, variables) for condition in exclude)

    def _is_met(self, condition: str, variables: dict[str, Any]) -> bool:
        """Return True if a host meets a condition.

        The condition is wrapped in a Jinja2 expression with a boolean value, because older Ansible versions return
        numbers as text.
        """
        return bool(self._evaluated(as_expression(f"true if ({condition}) else false"), variables, condition))

    def first(self, sources: Iterable[str], record: Record, variables: dict[str, Any]) -> str:
        """Return the value of the first source that is not empty, or an empty string.

        A source is a key of the record or an expression. Zero counts as a value.
        """
        for source in sources:
            value = native(record[source] if source in record else self._evaluated(source, variables))
            if value or (value == 0 and not isinstance(value, bool)):
                return str(value)
        return ""

    def _evaluated(self, expression: str, variables: dict[str, Any], shown: str | None = None) -> Any:
        try:
            return self._compose(expression, variables)
        except Exception as exc:
            expression = shown or expression
            if self.get_option("strict"):
                raise AnsibleParserError(f"Evaluating the expression failed: {expression!r}. {exc}") from exc
            self._note(f"evaluating the expression failed: {expression!r}. {exc}")
            return None

    # -- messages --------------------------------------------------------------------------------------------------

    def _warn(self, message: str) -> None:
        self.display.warning("{}: {}".format(self.NAME.rpartition(".")[2], message))

    def _note(self, message: str) -> None:
        self.display.vvv("{}: {}".format(self.NAME.rpartition(".")[2], message))


def _safe_host_name(name: str) -> str:
    """Return a host name that cannot refer to a file outside the folder ``host_vars``.

    With ``..`` in its name, a host could get the variables of another host.
    """
    return name.replace("/", "_") if ".." in name.split("/") else name


def _as_key(value: Any) -> Any:
    """Convert all numbers in a value to text, also those in lists and mappings."""
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
