"""The web consoles: a party's own, beside its agent, and the mediator's, which shows no results.

Pages are made on the server (Jinja); what a page's own small scripts add, a page without them
lacks but does not need.  Nothing is loaded from anywhere else.
"""
