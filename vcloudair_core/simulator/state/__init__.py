"""State of a simulated cloud: inventory, sessions, tasks and metrics."""
