"""Work out, in compiled loops, who shares the credit in every piece of every person's time.

A path is the qualifying touches of a piece in order (tick, view before click, campaign, digest).
Every loop here allocates nothing per piece: the caller passes the buffers and, when they are full,
is told where to go on.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cleanroom.queries.credit.rules import Model
from protocols.compiled import compiled

U8 = npt.NDArray[np.uint8]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]
F64 = npt.NDArray[np.float64]

_LAST_TOUCH = Model.LAST_TOUCH.code
_FIRST_TOUCH = Model.FIRST_TOUCH.code
_LAST_CLICK = Model.LAST_CLICK.code
_CLICK_THEN_VIEW = Model.CLICK_THEN_VIEW.code
_DISTINCT = Model.LINEAR_DISTINCT.code
_SHAPLEY = Model.SHAPLEY.code
_TIME_DECAY = Model.TIME_DECAY.code
_POSITION = Model.POSITION.code
_LAST_N = Model.LAST_N.code
_MARKOV = Model.MARKOV.code
_SEQUENCE = Model.SEQUENCE.code
_PAIRS = Model.CHANNEL_PAIRS.code

_SHORT = 24
"""Up to this length insertion beats the library's sort, which allocates."""

_MULTIPLIERS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93))


@compiled(boundscheck=False)
def sweep(starts: I64, middles: I64, ends: I64, tick: I64, reach: I64, ticks: int, out: I64) -> int:
    """Cut every person's ticks ``[0, ticks)`` where a touch begins or ceases to qualify.

    Person p has views at rows ``starts[p]:middles[p]`` and clicks at ``middles[p]:ends[p]``, each
    by tick; ``reach`` is of views, then of clicks.  A touch at t qualifies for conversions in
    ``[t + 1, t + reach + 1)``.  Write (p, low, high, first view, end of views, first click, end of
    clicks) per piece that has a qualifying touch and return the number of pieces: at most one
    more than twice the touches of a person.
    """
    count = 0
    for person in range(len(starts)):
        middle, end = middles[person], ends[person]
        view = view_end = starts[person]
        click = click_end = middle
        at = 0
        while at < ticks:
            while view_end < middle and tick[view_end] < at:
                view_end += 1
            while view < view_end and tick[view] + reach[0] < at:
                view += 1
            while click_end < end and tick[click_end] < at:
                click_end += 1
            while click < click_end and tick[click] + reach[1] < at:
                click += 1
            until = ticks
            if view_end < middle:
                until = min(until, tick[view_end] + 1)
            if view < view_end:
                until = min(until, tick[view] + reach[0] + 1)
            if click_end < end:
                until = min(until, tick[click_end] + 1)
            if click < click_end:
                until = min(until, tick[click] + reach[1] + 1)
            if view < view_end or click < click_end:
                out[count, 0] = person
                out[count, 1] = at
                out[count, 2] = until
                out[count, 3] = view
                out[count, 4] = view_end
                out[count, 5] = click
                out[count, 6] = click_end
                count += 1
            at = until
    return count


@compiled(boundscheck=False, inline="always")
def _winner(
    model: int, piece: I64, person_end: I64, tick: I64, channel: I64, by_action: bool, none: int
) -> int:
    """Return the key that takes all, or -1."""
    view, view_end, click, click_end = piece[3], piece[4], piece[5], piece[6]
    clicked = click < click_end
    viewed = view < view_end
    if model == _LAST_CLICK and not clicked:
        return -1
    if model == _FIRST_TOUCH:
        by_click = clicked and (not viewed or tick[click] < tick[view])
        row = click if by_click else view
    elif model == _LAST_CLICK or (model == _CLICK_THEN_VIEW and clicked):
        by_click = True
        row = click_end - 1
    else:
        by_click = clicked and (not viewed or tick[click_end - 1] >= tick[view_end - 1])
        row = click_end - 1 if by_click else view_end - 1
    won = int(channel[row])
    if model == _MARKOV:
        return won * (none + 1) + _next(piece, person_end, tick, channel, none)
    return won * 2 + int(by_click) if by_action else won


@compiled(boundscheck=False)
def _next(piece: I64, person_end: I64, tick: I64, channel: I64, none: int) -> int:
    """Return the channel of the first touch at or after the piece's first tick, or ``none``."""
    view_end, click_end = piece[4], piece[6]
    middle, end = person_end[0], person_end[1]
    if view_end < middle and (click_end == end or tick[view_end] <= tick[click_end]):
        return int(channel[view_end])
    return int(channel[click_end]) if click_end < end else none


@compiled(boundscheck=False)
def _path(piece: I64, tick: I64, path: I64) -> int:
    """Merge views and clicks into one path, the view first at equal ticks; return its length."""
    view, view_end, click, click_end = piece[3], piece[4], piece[5], piece[6]
    size = 0
    while view < view_end or click < click_end:
        if click == click_end or (view < view_end and tick[view] <= tick[click]):
            path[size] = view
            view += 1
        else:
            path[size] = click
            click += 1
        size += 1
    return size


@compiled(boundscheck=False)
def _weigh(model: int, size: int, path: I64, tick: I64, parameters: F64, weight: F64) -> None:
    """Write the weight of every touch of a path; they need not add up to one."""
    if model == _TIME_DECAY:
        last = tick[path[size - 1]]
        for i in range(size):
            weight[i] = 2.0 ** ((tick[path[i]] - last) / parameters[0])
    elif model == _LAST_N:
        for i in range(size):
            back = size - 1 - i
            weight[i] = parameters[back] if back < len(parameters) else 0.0
    elif model == _POSITION and size > 1:
        # Whole numbers stay whole: the middle is not divided, the ends are multiplied.
        shared = size - 2 if size > 2 else 1
        for i in range(size):
            weight[i] = parameters[1]
        weight[0] = parameters[0] * shared
        weight[size - 1] = parameters[2] * shared
    else:
        for i in range(size):
            weight[i] = 1.0


@compiled(boundscheck=False)
def _distinct(size: int, path: I64, channel: I64, middle: int, key: I64) -> int:
    """Write 2 * channel + clicked per distinct channel of a path, rising; return their number."""
    for i in range(size):
        key[i] = channel[path[i]] * 2 + int(path[i] >= middle)
    _sort(key, size)
    count = 0
    for i in range(size):
        if count and key[count - 1] >> 1 == key[i] >> 1:
            count -= 1
        key[count] = key[i]
        count += 1
    return count


@compiled(boundscheck=False)
def _sort(values: I64, size: int) -> None:
    if size > _SHORT:
        values[:size] = np.sort(values[:size])
        return
    for i in range(1, size):
        value = values[i]
        j = i
        while j > 0 and values[j - 1] > value:
            values[j] = values[j - 1]
            j -= 1
        values[j] = value


@compiled(boundscheck=False)
def _pairs(size: int, path: I64, channel: I64, most: int, none: int, key: I64, seen: I64) -> int:
    """Write every channel (with itself) and every pair of the most recent distinct channels."""
    found = 0
    for i in range(size - 1, -1, -1):
        known = False
        for j in range(found):
            known = known or seen[j] == channel[path[i]]
        if not known and found < most:
            seen[found] = channel[path[i]]
            found += 1
    _sort(seen, found)
    count = 0
    for i in range(found):
        for j in range(i, found):
            key[count] = seen[i] * (none + 1) + seen[j]
            count += 1
    return count


@compiled(boundscheck=False)
def _round(size: int, weight: F64, quanta: int, dither: float, units: I64) -> None:
    """Round cumulatively: n_k = floor(Q C_k + u) - floor(Q C_(k-1) + u), the total stays Q.

    Unbiased for uniform u.  Q times the sum is divided last, so a share that is a whole number of
    parts comes out exactly.
    """
    total = 0.0
    for i in range(size):
        total += weight[i]
    running = 0.0
    before = 0
    for i in range(size):
        running += weight[i]
        now = int(np.floor(quanta * running / total + dither))
        if i == size - 1 or now > quanta:
            now = quanta
        units[i] = now - before
        before = now


@compiled(boundscheck=False)
def _merge(size: int, key: I64, weight: F64, sums: I64) -> int:
    """Add up the weights of equal keys, in place, in the order of their first touch.

    Rounding comes after this, so that a key to which a path comes back is off by less than one
    part, too.  ``sums`` has a zero per possible key, before and after.
    """
    count = 0
    for i in range(size):
        if sums[key[i]]:
            weight[sums[key[i]] - 1] += weight[i]
        else:
            key[count] = key[i]
            weight[count] = weight[i]
            count += 1
            sums[key[i]] = count
    for i in range(count):
        sums[key[i]] = 0
    return count


@compiled(boundscheck=False)
def _gather(size: int, key: I64, units: I64, sums: I64) -> int:
    """Sort distinct keys and drop those without a part, in place; return what is left."""
    count = 0
    for i in range(size):
        if units[i]:
            key[count] = key[i]
            sums[key[count]] = units[i]
            count += 1
    _sort(key, count)
    for i in range(count):
        units[i] = sums[key[i]]
        sums[key[i]] = 0
    return count


@compiled(boundscheck=False)
def _share(
    model: int, piece: I64, middle: int, tick: I64, channel: I64, parameters: F64, quanta: int,
    dither: float, by_action: bool, none: int, path: I64, key: I64, weight: F64, units: I64,
    sums: I64,
) -> int:  # fmt: skip
    """Write keys and parts of a piece whose credit is shared; return how many."""
    size = _path(piece, tick, path)
    if model == _PAIRS:
        size = _pairs(size, path, channel, int(parameters[0]), none, key, units)
        units[:size] = 1
        return size
    if model in (_DISTINCT, _SHAPLEY):
        size = _distinct(size, path, channel, middle, key)
        if not by_action:
            for i in range(size):
                key[i] >>= 1
    elif model == _SEQUENCE:
        before = none
        for i in range(size):
            key[i] = before * (none + 1) + channel[path[i]]
            before = channel[path[i]]
    else:
        for i in range(size):
            touched = channel[path[i]]
            key[i] = touched * 2 + int(path[i] >= middle) if by_action else touched
    _weigh(model, size, path, tick, parameters, weight)
    size = _merge(size, key, weight, sums)
    _round(size, weight, quanta, dither, units)
    return _gather(size, key, units, sums)


@compiled(boundscheck=False)
def _hash(size: int, key: I64, units: I64) -> np.uint64:
    """Mix a vector into 64 bits; a collision costs a comparison, nothing else."""
    state = np.uint64(size)
    for i in range(size):
        state = (state ^ np.uint64(key[i])) * _MULTIPLIERS[0]
        state ^= state >> np.uint64(29)
        state = (state ^ np.uint64(units[i])) * _MULTIPLIERS[1]
        state ^= state >> np.uint64(32)
    return state


@compiled(boundscheck=False)
def _find(
    size: int, key: I64, units: I64, table: I32, offsets: I64, pool: I64, count: int
) -> tuple[int, bool]:
    """Return the label of a vector and whether it is new; a new one is written to the pool."""
    mask = np.uint64(len(table) - 1)
    place = _hash(size, key, units) & mask
    while table[place] >= 0:
        label = table[place]
        begin = offsets[label]
        if offsets[label + 1] - begin == size:
            same = True
            for i in range(size):
                same = same and pool[0, begin + i] == key[i] and pool[1, begin + i] == units[i]
            if same:
                return label, False
        place = (place + np.uint64(1)) & mask
    table[place] = count
    begin = offsets[count]
    for i in range(size):
        pool[0, begin + i] = key[i]
        pool[1, begin + i] = units[i]
    offsets[count + 1] = begin + size
    return count, True


@compiled(boundscheck=False)
def refill(table: I32, offsets: I64, pool: I64, count: int) -> None:
    """Enter ``count`` known vectors into an empty, larger table."""
    mask = np.uint64(len(table) - 1)
    for label in range(count):
        begin, end = offsets[label], offsets[label + 1]
        place = _hash(end - begin, pool[0, begin:end], pool[1, begin:end]) & mask
        while table[place] >= 0:
            place = (place + np.uint64(1)) & mask
        table[place] = label


@compiled(boundscheck=False)
def label_pieces(
    begin: int,
    model: int,
    pieces: I64,
    ends: I64,
    tick: I64,
    channel: I64,
    parameters: F64,
    quanta: int,
    dither: F64,
    by_action: bool,
    none: int,
    winner: bool,
    scratch: I64,
    weight: F64,
    sums: I64,
    table: I32,
    offsets: I64,
    pool: I64,
    count: int,
    labels: I32,
) -> tuple[int, int]:
    """Label pieces from ``begin`` on, -1 for no credit; return where it stopped and the vectors.

    It stops early when another vector might not fit; the caller makes room and calls again.
    ``ends`` holds (end of views, end of clicks) per person.
    """
    path, key, units = scratch[0], scratch[1], scratch[2]
    for i in range(begin, len(pieces)):
        room = 2 * (count + 1) < len(table) and count + 2 < len(offsets)
        if not room or offsets[count] + len(key) > pool.shape[1]:
            return i, count
        piece = pieces[i]
        end = ends[piece[0]]
        if winner:
            key[0] = _winner(model, piece, end, tick, channel, by_action, none)
            units[0] = 1
            size = 1 if key[0] >= 0 else 0
        else:
            size = _share(
                model, piece, end[0], tick, channel, parameters, quanta, dither[i],
                by_action, none, path, key, weight, units, sums,
            )  # fmt: skip
        labels[i] = -1
        if size:
            label, fresh = _find(size, key, units, table, offsets, pool, count)
            labels[i] = label
            count += int(fresh)
    return len(pieces), count
