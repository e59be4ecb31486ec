"""Names of DNS settings on the wire of NSX-V edge gateways.

Source: protocol/ans.md §5, §9.
"""

from __future__ import annotations

VIEWS = ("dnsViews", "dnsView")
"""Path of the views, which select DNS servers by the source of a query.

They have no equivalent in the spec, so they are kept.
"""

VIEW_TYPE = "view"
"""Type of a view. It differs from ``user``, so views are never planned."""

SERVERS = ("dnsServers", "ipAddress")
"""Path of the addresses of DNS servers."""
