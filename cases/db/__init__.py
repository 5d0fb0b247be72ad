"""SQL helpers: queries along an index, compiled statements, bulk statements, retries after a lost connection."""
