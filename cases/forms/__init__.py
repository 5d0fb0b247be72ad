"""What people type, parsed and checked. Forms contain no rules: those are in the verbs."""
