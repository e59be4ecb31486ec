"""Sections and routes of simulated edge gateways."""
