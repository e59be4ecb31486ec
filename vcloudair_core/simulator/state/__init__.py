"""State of a simulated cloud: inventory, sign-ins, tasks, metrics."""
