"""The mediator over HTTP."""
