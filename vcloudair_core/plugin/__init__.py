"""Plugin API: hook specifications, the records that hooks return, plugin manager."""
