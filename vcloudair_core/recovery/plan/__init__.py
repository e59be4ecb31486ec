"""Recovery plans: values, files, schema, and validation."""
