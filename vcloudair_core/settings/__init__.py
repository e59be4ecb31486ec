"""Settings: arguments, environment variables, and the configuration file."""
