"""Serve labels of single people to a platform's servers, and ask for them."""

from cleanroom.system import load_libsodium

load_libsodium()
