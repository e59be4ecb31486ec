"""Queries as the original SDK had them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.services.query.service import QueryService


class BaseQuery:
    """A query of any type: ``set_query_type``, then ``execute``. ``results[uuid][field]`` is the server's text or None.

    ``org_info`` is what :class:`VCASession` returned; it beats ``version``, ``vcdurl`` and ``token``.
    """

    query_type: ClassVar[str] = ""

    def __init__(
        self,
        org_info: Mapping[str, Any] | None = None,
        version: str | None = None,
        vcdurl: str | None = None,
        token: str | None = None,
    ) -> None:
        from vcloudair_core.session.facade import session_for

        self._service = QueryService(session_for(org_info, vcdurl, token, version))
        self._type = self.query_type
        self._fields: tuple[str, ...] = ()
        self.results: dict[str, dict[str, str | None]] = {}

    @property
    def fields(self) -> set[str]:
        """The fields of each result; the name is always one of them."""
        return {*self._fields, "name"}

    def set_fields(self, *fields: str) -> None:
        """Which attributes :meth:`execute` brings, in place of those set before."""
        self._fields = fields

    def set_query_type(self, qtype: str) -> None:
        """Any type that the server offers, such as ``orgVdcNetwork``."""
        self._type = qtype

    def execute(self) -> dict[str, dict[str, str | None]]:
        """Every record, by UUID in lower case.

        Raises: ConfigurationError without a type; SpecError for one that there is not; IncompleteResultError, ApiError,
        TransportError, DecodeError.
        """
        if not self._type:
            raise ConfigurationError("No query type was set.", hint="Call set_query_type first.")
        self.results = {}
        names = sorted(self.fields)
        found = self._service.query(self._type, fields=names if self._fields else ()).all()
        self.results = {record.id: {name: record.raw.get(name) for name in names} for record in found}
        return self.results

    def find_by_name(self, name: str) -> list[str]:
        """UUIDs of the results of that name, without regard to case. Names are not unique."""
        wanted = name.casefold()
        return [uuid for uuid, found in self.results.items() if (found.get("name") or "").casefold() == wanted]


class VMQuery(BaseQuery):
    """Machines, and the machines of templates."""

    query_type = "vm"


class EdgeGatewayQuery(BaseQuery):
    """Edge gateways."""

    query_type = "edgeGateway"


class VAppQuery(BaseQuery):
    """vApps."""

    query_type = "vApp"


class VAppTemplateQuery(BaseQuery):
    """vApp templates."""

    query_type = "vAppTemplate"


class OrgVdcQuery(BaseQuery):
    """Virtual data centers."""

    query_type = "orgVdc"
