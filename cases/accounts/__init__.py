"""Verbs on people, and how they sign in: accounts, absences, tokens, second factor."""
