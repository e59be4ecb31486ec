# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""What the inventory plugins share: sources, caching, names and groups. Private to this collection."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor

from ansible import template
from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.vcloudair.cloud.plugins.module_utils import _runner

ENDINGS = (".vca.yml", ".vca.yaml")
SECRETS = ("password", "api_token", "token")

AT_ONCE = 4
"""Sources that are read at the same time."""


NEEDS_MARKING = not hasattr(template, "trust_as_template")
"""Newer versions of Ansible trust nothing unless it is said; older ones trust all that is not marked."""


def as_data(value):
    """A value that is never templated."""
    return wrap_var(value) if NEEDS_MARKING else value


class CloudInventory(BaseInventoryPlugin, Constructable, Cacheable):
    """Records of clouds as hosts. What becomes a host is what :meth:`read_vdc` of a plugin returns.

    Shape of a record: a mapping with ``name``, ``id`` and whatever else the plugin knows.
    """

    THING = "record"
    SOURCE_OPTIONS = ("vdcs",)
    """Options, besides those of the connection, that each source may have for itself."""
    ASKED_OPTIONS = ()
    """Options that change what is read, and so what the cache holds."""
    QUALIFIERS = ("id",)
    """What is added to the names of records that share one: the first, and the next where that does not do."""

    # -- what a plugin says ----------------------------------------------------------------------------------------

    def read_vdc(self, client, source, vdc):
        """Records of a VDC, by name or id, or of all of them when it is empty. Raises VcloudAirError."""
        raise NotImplementedError

    def add_variables(self, host, record, variables):
        """Variables of a host besides those of its record."""

    def group_names(self, record):
        """Names of the groups of a record as they are, before they are made safe."""
        raise NotImplementedError

    # -- Ansible's own ---------------------------------------------------------------------------------------------

    def verify_file(self, path):
        """Whether the file is meant for this plugin."""
        return super().verify_file(path) and path.endswith(ENDINGS)

    def parse(self, inventory, loader, path, cache=True):
        """Fills the inventory."""
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        problem = _runner.library_problem()
        if problem:
            raise AnsibleParserError(problem["msg"])
        sources = [self._source(given) for given in self.get_option("sources") or [{}]]
        self._fill(self._records(path, sources, cache))

    # -- where from ------------------------------------------------------------------------------------------------

    def _source(self, given):
        """One place to look at: options of the connection, and :attr:`SOURCE_OPTIONS`."""
        options = {name: self.get_option(name) for name in _runner.connection_arguments()}
        wanted = {name: self.get_option(name) for name in self.SOURCE_OPTIONS}
        unknown = set(given) - set(_runner.connection_arguments()) - set(wanted)
        if unknown:
            raise AnsibleParserError("sources: %s is no option of a source" % ", ".join(sorted(unknown)))
        source = dict(options, **wanted)
        source.update(given)
        return {name: self._plain(value) for name, value in source.items() if value is not None}

    def _plain(self, value):
        """As it is meant: what the file has as a template is filled in. Only what the user wrote is one."""
        return str(self.templar.template(value)) if isinstance(value, str) else value

    def _records(self, path, sources, cache):
        """What was read, or what the cache holds of what the same options had read."""
        fetched = [{key: value for key, value in source.items() if key not in SECRETS} for source in sources]
        options = [self.get_option(name) for name in self.ASKED_OPTIONS]
        digest = hashlib.sha256(json.dumps([fetched, options], sort_keys=True, default=str).encode()).hexdigest()[:12]
        key = "%s_%s" % (self.get_cache_key(path), digest)
        is_cached = self.get_option("cache")
        if is_cached and cache:
            try:
                return self._cache[key]
            except KeyError:
                pass
        records, is_whole = self._read(sources)
        if is_cached and is_whole:
            self._cache[key] = records
        return records

    def _read(self, sources):
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

    def _read_source(self, source):
        """``records`` is None when nothing of the source could be read; ``problems`` name it."""
        name = " ".join(str(source[key]) for key in ("url", "org") if source.get(key)) or "the cloud"
        done = _runner.execute(self._read_vdcs, dict(source, name=name))
        if done.get("failed"):
            return {"records": None, "problems": ["%s: %s" % (name, done["msg"])]}
        self._note("%d %ss of %s in %d calls" % (len(done["records"] or []), self.THING, name, done["api_calls"]))
        return done

    def _read_vdcs(self, client, params, check_mode, diff_mode):
        records, problems, is_read = [], [], False
        for vdc in params["vdcs"] or [params.get("vdc") or client.settings.vdc or ""]:
            try:
                records += self.read_vdc(client, params, vdc)
                is_read = True
            except _runner.vcloudair_core.SpecError:
                raise
            except _runner.vcloudair_core.VcloudAirError as exc:
                if not params["vdcs"]:
                    raise
                problems.append("%s, VDC %s: %s" % (params["name"], vdc, exc))
        return {"records": records if is_read else None, "problems": problems}

    # -- hosts and groups ------------------------------------------------------------------------------------------

    def _fill(self, records):
        prefix, root = self.get_option("hostvars_prefix"), self.get_option("root_group")
        shown = self.get_option("hostvars")
        if root:
            root = self.inventory.add_group(self._sanitize_group_name(root))
        groups = {}
        for name, record, variables in self._named(records, prefix):
            host = self.inventory.add_host(name, group=root or None)
            for key in shown:
                if key in record:
                    self.inventory.set_variable(host, prefix + key, variables[prefix + key])
            self.add_variables(host, record, variables)
            for wanted in self.group_names(record):
                if wanted not in groups:
                    groups[wanted] = self.inventory.add_group(self._sanitize_group_name(wanted))
                self.inventory.add_child(groups[wanted], host)
            self._construct(host, variables)

    def _construct(self, host, variables):
        strict = self.get_option("strict")
        if self.get_option("compose"):
            self._set_composite_vars(self.get_option("compose"), variables, host, strict=strict)
        if self.get_option("groups"):
            self._add_host_to_composed_groups(self.get_option("groups"), variables, host, strict=strict)
        if self.get_option("keyed_groups"):
            self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host, strict=strict)

    def _named(self, records, prefix):
        """Host name, record and variables of those that are wanted; each name is there once."""
        found = []
        for record in records:
            variables = {prefix + key: as_data(value) for key, value in record.items()}
            if self._is_wanted(variables):
                name = self.first(self.get_option("hostnames"), record, variables)
                found.append((name or record["id"], record, variables))
        qualified = _unique([(name, record) for name, record, variables in found], self.QUALIFIERS)
        doubles = sorted({one[0] for one, own in zip(found, qualified, strict=True) if one[0] != own})
        if doubles:
            said = ", ".join(doubles[:10]) + (" and %d more" % (len(doubles) - 10) if len(doubles) > 10 else "")
            if self.get_option("duplicates") == "error":
                raise AnsibleParserError(
                    "More than one %s would be host %s. Choose other hostnames." % (self.THING, said)
                )
            self._warn("more than one %s is called %s; their hosts are told apart." % (self.THING, said))
        return [(own, record, variables) for (name, record, variables), own in zip(found, qualified, strict=True)]

    def _is_wanted(self, variables):
        include, exclude = self.get_option("include"), self.get_option("exclude")
        if include and not any(self._evaluated(condition, variables) for condition in include):
            return False
        return not any(self._evaluated(condition, variables) for condition in exclude)

    def first(self, wanted, record, variables):
        """The first that is not empty, of variables without prefix and of expressions."""
        for word in wanted:
            value = record[word] if word in record else self._evaluated(word, variables)
            if value:
                return str(value)
        return ""

    def _evaluated(self, expression, variables):
        try:
            return self._compose(expression, variables)
        except Exception as exc:
            if self.get_option("strict"):
                raise AnsibleParserError("%s cannot be evaluated: %s" % (expression, exc)) from exc
            self._note("%s cannot be evaluated: %s" % (expression, exc))
            return None

    # -- telling ---------------------------------------------------------------------------------------------------

    def _warn(self, message):
        self.display.warning("%s: %s" % (self.NAME.rpartition(".")[2], message))

    def _note(self, message):
        self.display.vvv("%s: %s" % (self.NAME.rpartition(".")[2], message))


def _unique(found, qualifiers):
    """A name of its own for each: with the first qualifier where records share one, with the next if need be."""
    names = [name for name, record in found]
    for key in qualifiers:
        counts = {}
        for name in names:
            counts[name] = counts.get(name, 0) + 1
        names = [
            "%s_%s" % (name, record[key]) if counts[name] > 1 and record[key] else name
            for name, (plain, record) in zip(names, found, strict=True)
        ]
    return names
