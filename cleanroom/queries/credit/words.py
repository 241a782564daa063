"""What people read of all questions that share credit, in two languages."""

from __future__ import annotations

from typing import Final

NOTE: Final = (
    "Lines and ranges are 95 % intervals of the privacy noise ({noise}) and, where credit is "
    "shared, of its rounding; sampling error is not in them.",
    "图中线段与数字旁的范围为隐私噪声（{noise}）及分摊归因时舍入的 95 % 区间，不含抽样误差。",
)
"""What the ranges beside shared credit hold."""
