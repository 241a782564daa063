"""Write numbers, ranges and other parties' texts so that nobody is misled: in English or 中文."""
