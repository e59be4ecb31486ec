"""Create the objects that an inventory file describes."""
