"""Settings from arguments, environment variables and the configuration file."""
