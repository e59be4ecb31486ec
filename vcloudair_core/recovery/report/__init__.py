"""Reports of recovery runs, made of their journals."""
