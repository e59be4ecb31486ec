"""Simulated edge gateways: their sections, and the routes to them."""
