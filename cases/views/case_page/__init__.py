"""The page of one case: its panels, its buttons, and the pages that lead from it."""
