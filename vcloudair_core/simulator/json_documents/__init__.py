"""Convert vCloud documents between XML and JSON."""
