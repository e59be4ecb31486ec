"""An edge gateway as one document."""
