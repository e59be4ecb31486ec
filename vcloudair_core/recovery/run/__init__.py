"""Runs of recovery plans: schedule, steps, rollback, and preview."""
