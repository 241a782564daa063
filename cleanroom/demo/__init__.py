"""Made-up, believable data of a brand and a platform, with the truth about it beside it."""

from cleanroom.demo.make import ExampleFiles, make_example

__all__ = ["ExampleFiles", "make_example"]
