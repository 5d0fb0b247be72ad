"""Faults, one module for each family."""
