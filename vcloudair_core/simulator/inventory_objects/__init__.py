"""Objects that an inventory file describes."""
