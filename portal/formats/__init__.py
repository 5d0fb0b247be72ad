"""Formats of dates and times for each language.

Templates and code use a format by its name (`{{ at|date:"DAY_FORMAT" }}`) and never spell one out. Every language
defines every name.
"""
