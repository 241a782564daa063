"""The mathematics of the clean room: bytes and integers in, bytes and integers out."""
