"""How each language writes dates and times. Templates and code name a format (`{{ at|date:"DAY_FORMAT" }}`) and never
spell one out; every language here has all the names."""
