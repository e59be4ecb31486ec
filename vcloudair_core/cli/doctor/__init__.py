"""What ``vca doctor`` does: one step after the other from settings to rights, each with the next thing to do."""
