"""What workers run: each a few lines over a domain verb."""
