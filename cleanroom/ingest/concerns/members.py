# ruff: noqa: E501
"""Notice member numbers of tests, and those to which a program adds that the account is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cleanroom.ingest.texts import Column, like

if TYPE_CHECKING:
    import pyarrow as pa

_TESTS = (
    r"(?i)^(?:test|demo|dummy|qa)(?:[-_ ]?(?:user|account|acct|member|customer|client|id|uid))?[-_ ]?[0-9]{0,6}$"
    r"|^(?:测试|測試|テスト|테스트)(?:账号|帳號|用户|用戶|会员|會員|ユーザー|会員|계정)?[-_ ]?[0-9]{0,6}$"
)
_CLOSED = (
    r"(?i).[-_.#(（ ]*(?:已注销|已註銷|注销|註銷|已删除|已刪除|退会済み?|退会|탈퇴)[)）]?$"
    r"|[0-9a-z](?:_del|[-_.](?:deleted|closed|deactivated|removed))$"
    r"|^(?:(?:deleted|closed|deactivated|removed)[-_.:]|(?:已注销|已註銷|已删除)[-_.:]?)[0-9a-z]"
)


def tests(values: Column) -> pa.Array:
    """Return the member numbers of tests, unless most are: such a file is one."""
    return _few(values, _TESTS)


def closed(values: Column) -> pa.Array:
    """Return the member numbers with a word for a closed account, unless most have one."""
    return _few(values, _CLOSED)


def _few(values: Column, pattern: str) -> pa.Array:
    found = like(values, pattern)
    return found if 2 * len(found) <= len(values) else values[:0]
