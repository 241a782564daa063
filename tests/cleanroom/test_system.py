"""A bell is heard in other processes of this machine too."""

from __future__ import annotations

import socket
import threading

from cleanroom.system import ThreadBell


def test_a_bell_is_heard_in_the_process_at_the_other_end() -> None:
    ends = socket.socketpair()
    bells = ThreadBell(), ThreadBell()
    for bell, own in zip(bells, ends, strict=True):
        bell.link(own)
    followers = [
        threading.Thread(target=bell.follow, args=(own,))
        for bell, own in zip(bells, ends, strict=True)
    ]
    for follower in followers:
        follower.start()
    heard = [bell.heard() for bell in bells]
    bells[0].ring()
    assert bells[1].wait(20, heard[1])
    assert bells[1].heard() == heard[1] + 1
    assert bells[0].heard() == heard[0] + 1  # what is heard is not rung back
    ends[1].shutdown(socket.SHUT_RDWR)
    for follower in followers:
        follower.join(10)
        assert not follower.is_alive()
    for one in ends:
        one.close()
    bells[0].ring()  # nobody is there any more


def test_rings_that_nobody_reads_keep_nobody() -> None:
    ours, theirs = socket.socketpair()
    bell = ThreadBell()
    bell.link(ours)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    for _ in range(5000):
        bell.ring()
    assert bell.heard() == 5000
    for one in (ours, theirs):
        one.close()
