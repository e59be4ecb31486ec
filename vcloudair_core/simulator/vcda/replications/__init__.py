"""Reads of VCDA replications: documents, instances and routes."""
