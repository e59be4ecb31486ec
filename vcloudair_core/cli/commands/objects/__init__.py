"""Commands for objects that sections use, such as groups."""
