"""Tests of the JSON form of vCloud documents."""
