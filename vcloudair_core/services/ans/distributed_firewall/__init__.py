"""The distributed firewall of VDC groups."""
