"""The proof that the histories have not been changed: a chain of seals, its head, and its verification."""
