"""What leaves the process: messages to workers, email with its claims and retries, and bounces."""
