"""Reports of recovery runs, created from their journals."""
