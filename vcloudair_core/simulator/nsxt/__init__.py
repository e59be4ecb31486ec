"""Simulate NSX-T edge gateways under ``/cloudapi``."""
