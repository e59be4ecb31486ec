"""Fault matrix: all operations with all faults at all steps.

The expected outcomes are in tests/data/faults.yml.
"""
