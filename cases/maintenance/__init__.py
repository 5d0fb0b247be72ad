"""The weekly cleanup, and the words of the search written again."""
