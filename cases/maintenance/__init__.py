"""The weekly cleanup, and rebuilding the search words."""
