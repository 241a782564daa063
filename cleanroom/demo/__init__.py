"""Realistic made-up data of a brand and a platform, with the true answers beside it."""

from cleanroom.demo.make import ExampleFiles, claim, make_example

__all__ = ["ExampleFiles", "claim", "make_example"]
