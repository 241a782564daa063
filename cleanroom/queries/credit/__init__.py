"""Attribute conversions to touches: what each party computes alone, and what the results mean.

The platform cuts each person's time into pieces of equal credit (``pieces``), the brand groups
each person's conversions by common ancestors (``groups``); ``protocols`` matches the two unseen.
The rest turns what was released into a report.
"""
