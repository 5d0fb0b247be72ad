"""The proof that the histories are as they were written: a chain of seals, its head, and its verification."""
