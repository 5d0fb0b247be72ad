"""Code that needs no table: clock, schedule, errors, limits, texts, languages."""
