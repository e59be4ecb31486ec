# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Machines of clouds as hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: vca_vms
short_description: Machines of vCloud Air and VMware Cloud Director as hosts
version_added: "0.1.0"
author:
  - The vcloudair-core authors (@vcloudair-core)
description:
  - Reads the machines of one organization or several, and makes hosts and groups of them.
  - The file's name ends in C(.vca.yml) or C(.vca.yaml). With the variables C(VCA_*) in the environment, as AWX sets
    them from a credential, C(plugin) is all that it has to say.
  - It takes one call for 128 machines, in parallel, and a handful for signing in and the names of VDCs, whatever is
    asked for, except with O(nics).
  - What comes from the API is data. It is never templated, whatever a machine is called.
options:
  plugin:
    description: Says that the file is for this plugin.
    type: str
    required: true
    choices: [vca_vms, vcloudair.cloud.vca_vms]
  sources:
    description:
      - Where to look, when it is more than one organization or cloud. Each is a mapping of options of the connection
        that differ from those of the file, and of O(vdcs) and O(where).
      - Values may be templates, to take passwords from elsewhere.
    type: list
    elements: dict
    default: []
  vdcs:
    description:
      - Names or UUIDs of the only VDCs to look at. By default the VDC of the connection if one is set, else all.
    type: list
    elements: str
    default: []
  where:
    description:
      - Conditions on records that the server is asked for, as in O(vcloudair.cloud.vca_query_info#module:where).
    type: dict
    default: {}
  include:
    description:
      - Jinja2 conditions on the variables of a host. If there are any, hosts that meet none of them are left out.
    type: list
    elements: str
    default: []
  exclude:
    description:
      - Jinja2 conditions on the variables of a host. Hosts that meet one of them are left out.
    type: list
    elements: str
    default: []
  templates:
    description:
      - Take the machines of templates, too, which a server lists among the others.
    type: bool
    default: false
  metadata:
    description:
      - Keys of metadata to bring, eight at most. They come with the same calls, in the variable C(vca_metadata).
    type: list
    elements: str
    default: []
  nics:
    description:
      - Bring every network interface and address, at the price of one more call for each vApp, in parallel. Without it
        there is the address of the primary interface, if the server tells it (API 5.7 and newer).
    type: bool
    default: false
  hostnames:
    description:
      - What a host is called. The first that is not empty is taken. Each is a variable of the host without its prefix,
        such as V(name), V(ip_address), V(id), or else a Jinja2 expression.
    type: list
    elements: str
    default: [name]
  duplicates:
    description:
      - What to do about machines whose host name is the same. V(qualify) adds the name of the vApp to the name of each
        of them, and its id where that is not enough. V(error) fails.
    type: str
    choices: [qualify, error]
    default: qualify
  ansible_host:
    description:
      - What to connect to, as in O(hostnames). An empty list sets nothing.
    type: list
    elements: str
    default: [ip_address]
  hostvars:
    description:
      - The only variables to set, without their prefix. Fewer make every job faster. V(record), all that the API said,
        and V(nics) are set only if they are named here or asked for.
    type: list
    elements: str
    default:
      - name
      - id
      - vapp
      - vdc
      - org
      - power
      - status
      - guest_os
      - os_family
      - cpus
      - memory_mb
      - network
      - ip_address
      - ip_addresses
      - storage_profile
      - is_template
      - metadata
      - nics
  hostvars_prefix:
    description: What the names of variables begin with.
    type: str
    default: vca_
  group_by:
    description:
      - What groups are made of, such as C(vapp_shop), C(vdc_gold), C(power_on), C(os_linux). V(metadata) makes those of
        O(metadata), C(metadata_tier_gold).
    type: list
    elements: str
    choices: [org, vdc, vapp, network, power, os, metadata]
    default: [org, vdc, vapp, network, power, os, metadata]
  root_group:
    description: Group of all the hosts. Nothing for none.
    type: str
    default: vca
  strict:
    description:
      - Fail for a source or VDC that cannot be read, and for an expression that is not valid. Otherwise there is a
        warning, and the hosts of the others.
notes:
  - A result that misses a source or VDC is not put into the cache.
extends_documentation_fragment:
  - vcloudair.cloud.vca
  - constructed
  - inventory_cache
seealso:
  - module: vcloudair.cloud.vca_query_facts
"""

EXAMPLES = r"""
# inventory.vca.yml: everything else comes from VCA_URL, VCA_ORG, VCA_USERNAME and VCA_PASSWORD
plugin: vcloudair.cloud.vca_vms

---
# Two organizations, running machines only, with an hour's cache
plugin: vcloudair.cloud.vca_vms
url: https://vcd.example.com
username: inventory
sources:
  - org: acme
    password: "{{ lookup('ansible.builtin.env', 'ACME_PASSWORD') }}"
    vdcs: [gold, silver]
  - org: globex
    password: "{{ lookup('ansible.builtin.env', 'GLOBEX_PASSWORD') }}"
where:
  status: POWERED_ON
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: .inventory-cache
cache_timeout: 3600

---
# Groups of metadata, names that are unique, and a host name of one's own
plugin: vcloudair.cloud.vca_vms
metadata: [tier, fqdn]
hostnames:
  - vca_metadata.fqdn
  - vca_vapp ~ '-' ~ vca_name
compose:
  ansible_user: "'Administrator' if vca_os_family == 'windows' else 'ops'"
keyed_groups:
  - key: vca_metadata.tier
    prefix: tier
groups:
  large: vca_memory_mb >= 16384
exclude:
  - vca_name.startswith('tmp-')
"""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor

from ansible import template
from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.vcloudair.cloud.plugins.module_utils import _runner

ENDINGS = (".vca.yml", ".vca.yaml")
CALLED = {"os": "os_family"}
"""Variables that groups are made of, where the group is called otherwise."""

AT_ONCE = 4
"""Sources that are read at the same time."""


NEEDS_MARKING = not hasattr(template, "trust_as_template")
"""Newer versions of Ansible trust nothing unless it is said; older ones trust all that is not marked."""


def _as_data(value):
    """A value that is never templated."""
    return wrap_var(value) if NEEDS_MARKING else value


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Machines of clouds as hosts."""

    NAME = "vcloudair.cloud.vca_vms"

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
        self._fill(self._machines(path, sources, cache))

    # -- where from ------------------------------------------------------------------------------------------------

    def _source(self, given):
        """One place to look at: options of the connection, ``vdcs`` and ``where``."""
        options = {name: self.get_option(name) for name in _runner.connection_arguments()}
        wanted = {"vdcs": self.get_option("vdcs"), "where": self.get_option("where")}
        unknown = set(given) - set(_runner.connection_arguments()) - set(wanted)
        if unknown:
            raise AnsibleParserError("sources: %s is no option of a source" % ", ".join(sorted(unknown)))
        source = dict(options, **wanted)
        source.update(given)
        return {name: self._plain(value) for name, value in source.items() if value is not None}

    def _plain(self, value):
        """As it is meant: what the file has as a template is filled in. Only what the user wrote is one."""
        return str(self.templar.template(value)) if isinstance(value, str) else value

    def _machines(self, path, sources, cache):
        """What was read, or what the cache holds of what the same options had read."""
        fetched = [
            {key: value for key, value in source.items() if key not in ("password", "api_token", "token")}
            for source in sources
        ]
        options = [self.get_option(name) for name in ("templates", "metadata", "nics")]
        digest = hashlib.sha256(json.dumps([fetched, options], sort_keys=True, default=str).encode()).hexdigest()[:12]
        key = "%s_%s" % (self.get_cache_key(path), digest)
        is_cached = self.get_option("cache")
        if is_cached and cache:
            try:
                return self._cache[key]
            except KeyError:
                pass
        machines, is_whole = self._read(sources)
        if is_cached and is_whole:
            self._cache[key] = machines
        return machines

    def _read(self, sources):
        with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(sources))) as pool:
            results = list(pool.map(self._read_source, sources))
        problems = [problem for result in results for problem in result["problems"]]
        if problems and self.get_option("strict"):
            raise AnsibleParserError("; ".join(problems))
        if problems and not any(result["machines"] is not None for result in results):
            raise AnsibleParserError("Nothing could be read: " + "; ".join(problems))
        for problem in problems:
            self.display.warning("vca_vms: the inventory is not complete: " + problem)
        return [machine for result in results for machine in result["machines"] or []], not problems

    def _read_source(self, source):
        """``machines`` is None when nothing of the source could be read; ``problems`` name it."""
        name = " ".join(str(source[key]) for key in ("url", "org") if source.get(key)) or "the cloud"
        done = _runner.execute_with(self._read_vdcs, dict(source, name=name))
        if done.get("failed"):
            return {"machines": None, "problems": ["%s: %s" % (name, done["msg"])]}
        self.display.vvv(
            "vca_vms: %d machines of %s in %d calls" % (len(done["machines"] or []), name, done["api_calls"])
        )
        return done

    def _read_vdcs(self, client, params, check_mode, diff_mode):
        machines, problems, is_read = [], [], False
        asked = {name: self.get_option(name) for name in ("templates", "metadata", "nics")}
        for vdc in params["vdcs"] or [params.get("vdc") or client.settings.vdc or ""]:
            try:
                machines += client.service("query").machines.read(params["where"], vdc=vdc, **asked)
                is_read = True
            except _runner.vcloudair_core.SpecError:
                raise
            except _runner.vcloudair_core.VcloudAirError as exc:
                if not params["vdcs"]:
                    raise
                problems.append("%s, VDC %s: %s" % (params["name"], vdc, exc))
        return {"machines": machines if is_read else None, "problems": problems}

    # -- hosts and groups ------------------------------------------------------------------------------------------

    def _fill(self, machines):
        prefix, root = self.get_option("hostvars_prefix"), self.get_option("root_group")
        shown = self.get_option("hostvars")
        if root:
            root = self.inventory.add_group(self._sanitize_group_name(root))
        groups = {}
        for name, machine, variables in self._named(machines, prefix):
            host = self.inventory.add_host(name, group=root or None)
            for key in shown:
                if key in machine:
                    self.inventory.set_variable(host, prefix + key, variables[prefix + key])
            address = self._first(self.get_option("ansible_host"), machine, variables)
            if address:
                self.inventory.set_variable(host, "ansible_host", _as_data(address))
            for wanted in self._groups(machine):
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

    def _named(self, machines, prefix):
        """Host name, machine and variables of those that are wanted; each name is there once."""
        found = []
        for machine in machines:
            variables = {prefix + key: _as_data(value) for key, value in machine.items()}
            if self._is_wanted(variables):
                name = self._first(self.get_option("hostnames"), machine, variables)
                found.append((name or machine["id"], machine, variables))
        qualified = _unique([(name, machine) for name, machine, variables in found])
        doubles = sorted({one[0] for one, own in zip(found, qualified, strict=True) if one[0] != own})
        if doubles:
            said = ", ".join(doubles[:10]) + (" and %d more" % (len(doubles) - 10) if len(doubles) > 10 else "")
            if self.get_option("duplicates") == "error":
                raise AnsibleParserError("More than one machine would be host %s. Choose other hostnames." % said)
            self.display.warning("vca_vms: more than one machine is called %s; the vApp is in their names." % said)
        return [(own, machine, variables) for (name, machine, variables), own in zip(found, qualified, strict=True)]

    def _is_wanted(self, variables):
        include, exclude = self.get_option("include"), self.get_option("exclude")
        if include and not any(self._is_true(condition, variables) for condition in include):
            return False
        return not any(self._is_true(condition, variables) for condition in exclude)

    def _is_true(self, condition, variables):
        return bool(self._evaluated(condition, variables))

    def _first(self, wanted, machine, variables):
        """The first that is not empty, of variables without prefix and of expressions."""
        for word in wanted:
            value = machine[word] if word in machine else self._evaluated(word, variables)
            if value:
                return str(value)
        return ""

    def _evaluated(self, expression, variables):
        try:
            return self._compose(expression, variables)
        except Exception as exc:
            if self.get_option("strict"):
                raise AnsibleParserError("%s cannot be evaluated: %s" % (expression, exc)) from exc
            self.display.vvv("vca_vms: %s cannot be evaluated: %s" % (expression, exc))
            return None

    def _groups(self, machine):
        """Names of groups as they are, before they are made safe."""
        for word in self.get_option("group_by"):
            if word == "metadata":
                for key, value in machine["metadata"].items():
                    if value not in ("", None):
                        yield "metadata_%s_%s" % (key, value)
            elif machine[CALLED.get(word, word)]:
                yield "%s_%s" % (word, machine[CALLED.get(word, word)])


def _unique(found):
    """A name of its own for each: with the vApp where machines share one, and with the id where that does not do."""
    names = [name for name, machine in found]
    for key in ("vapp", "id"):
        counts = {}
        for name in names:
            counts[name] = counts.get(name, 0) + 1
        names = [
            "%s_%s" % (name, machine[key]) if counts[name] > 1 and machine[key] else name
            for name, (plain, machine) in zip(names, found, strict=True)
        ]
    return names
