"""A party's own worker: it holds the keys, aligns, encrypts, approves, decrypts and opens."""
