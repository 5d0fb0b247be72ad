"""The files of a case: attach, remove, check what kind they are, store."""
