"""Units of metrics, for Prometheus and for display."""
