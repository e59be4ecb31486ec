"""Simulated replications: states, documents and routes."""
