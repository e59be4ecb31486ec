"""Simulated replications: states, documents, actions and routes."""
