"""Routes of the portals, and of vCloud Director objects, tasks and metrics."""
