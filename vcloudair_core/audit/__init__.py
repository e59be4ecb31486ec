"""Audit log: a record of every write, in the state folder of the user."""
