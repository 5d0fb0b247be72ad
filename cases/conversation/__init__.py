"""The conversation between the member of a case and its staff: messages, and the texts that administrators keep."""
