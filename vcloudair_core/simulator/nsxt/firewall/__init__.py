"""Firewall of NSX-T edge gateways and VDC groups, with groups and profiles."""
