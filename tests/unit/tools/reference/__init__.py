"""Unit tests of the generators of reference pages."""
