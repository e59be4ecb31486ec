"""Adapter for DR 2.x, whose API is ``/api/vr``."""
