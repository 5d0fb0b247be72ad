"""The data of `make demo`."""
