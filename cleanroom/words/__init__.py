"""Write numbers, ranges and strangers' texts so that nobody is misled: in English or 中文."""
