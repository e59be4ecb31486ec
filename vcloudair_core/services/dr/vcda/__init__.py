"""Adapter for VMware Cloud Director Availability (VCDA) 4.x."""
