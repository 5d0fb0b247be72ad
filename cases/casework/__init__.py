"""Work on a case before it is completed: drafts, types, assignment, notes and the answer. Also saved views."""
