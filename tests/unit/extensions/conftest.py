"""Import the fixtures of the monitored cloud from the tests of ``monitoring``."""

from tests.unit.monitoring.conftest import app, cloud, connect, tunnels

__all__ = ["app", "cloud", "connect", "tunnels"]
