"""Build XML documents of objects, for all API versions."""
