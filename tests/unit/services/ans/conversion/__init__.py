"""Tests of the conversion of edge documents."""
