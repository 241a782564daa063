"""The settings of the mediator: from the environment (``CLEANROOM_``) or the defaults."""

from __future__ import annotations

from typing import Final

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

MOST: Final = 1 << 53
"""No number is above it: it could be misread, and no machine holds as much."""


class ServerSettings(BaseSettings):
    """Bound what one party can make the mediator do; the agreement bounds the rest."""

    model_config = SettingsConfigDict(env_prefix="CLEANROOM_", frozen=True)

    origin: str = Field(
        default="cleanroom.invalid", pattern=r"^[a-z0-9.:/-]{1,100}$", examples=["rooms.example"]
    )
    """Begins the name of every room's log; agreements must carry the same."""
    store: str = Field(
        default="",
        max_length=2000,
        pattern=r"^(postgres(ql)?://[!-~]+)?$",
        examples=["postgresql://USER@HOST/DATABASE"],
    )
    """Database of the mediator's state, for `init`: a home keeps it. Without it, a SQLite file."""
    blobs: str = Field(
        default="",
        pattern=r"^(s3://[a-z0-9.-]{3,63}(/[A-Za-z0-9._-]+)*)?$",
        examples=["s3://BUCKET/PREFIX"],
    )
    """Bucket and prefix of what is uploaded, for `init`: a home keeps it. Without it, files."""
    database_connections: int = Field(default=16, ge=2, le=1000)
    """Connections of one process to PostgreSQL, at most; two more carry its bell."""
    public_url: str = Field(
        default="",
        pattern=r"^(https?://[a-z0-9.-]{1,200}(:[0-9]{1,5})?)?$",
        examples=["https://rooms.example"],
    )
    """Address that browsers know, where a proxy ends TLS; with https, cookies never go without."""
    request_max_age: int = Field(default=300, ge=1, le=3600)
    """Seconds for which a signed request may be used, once."""
    clock_skew: int = Field(default=5, ge=0, le=60)
    """Seconds by which a party's clock may be ahead, or a request late."""
    requests_per_second: float = Field(default=500.0, gt=0, le=1e6)
    """Sustained requests of one signing key."""
    request_burst: int = Field(default=5000, ge=1, le=MOST)
    """Requests of one signing key that may come at once."""
    questions_per_second: float = Field(default=200.0, gt=0, le=1e6)
    """Questions about single people that are passed on in a second under one grant, in batches or
    not; as many may come at once."""
    kept_bytes: int = Field(default=256 << 20, ge=1 << 16, le=MOST)
    """Most bytes that one key may leave in a day in logs and among remembered requests; as many
    may come at once."""
    message_bytes: int = Field(default=8 << 20, ge=1024, le=MOST)
    """Most bytes of one sealed message of an alignment."""
    relay_bytes: int = Field(default=1 << 30, ge=1024, le=MOST)
    """Most bytes of an alignment that one side may have under way to the other."""
    room_bytes: int = Field(default=1 << 40, ge=1024, le=MOST)
    """Most bytes of rows that the datasets of one room may announce together."""
    document_bytes: int = Field(default=16 << 20, ge=1024, le=MOST)
    """Most bytes of a JSON body."""
    long_poll_seconds: float = Field(default=20.0, gt=0, le=60)
    """Longest time for which an answer is held back."""
    lease_seconds: int = Field(default=120, ge=1, le=86400)
    """Time after which a silent worker's job is given to another."""
    attempts: int = Field(default=10, ge=1, le=1000)
    """Tries at computing a job before it is abandoned."""
    threads: int = Field(default=192, ge=2, le=4096)
    """Threads that answer requests; an agent with nothing to do holds one while it waits."""
    connections: int = Field(default=2000, ge=10, le=100_000)
    """Open connections: a thousand slow ones must not shut out an honest one."""
