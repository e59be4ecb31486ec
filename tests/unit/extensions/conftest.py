"""The monitored cloud of the tests of ``monitoring``, for the plugins that monitor."""

from tests.unit.monitoring.conftest import app, cloud, connect, tunnels

__all__ = ["app", "cloud", "connect", "tunnels"]
