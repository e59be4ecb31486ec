"""Simulated edge gateways: sections and routes."""
