"""The files of a case: attach, remove, check their type, store."""
