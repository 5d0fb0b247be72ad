"""A portal reduced to what releasing needs: a case row, a history row, a mail row. Every peer is built on it."""
