"""Simulate NSX-T firewalls, firewall groups and application port profiles."""
