"""tests/truth/score.py - a walked stack against what its program recorded."""

# What may lie between a frame's address and the return address it came from.
BACK = {"x86_64": (1,), "i386": (1,), "arm": (4, 2), "thumb": (2, 4), "aarch64": (4,)}
GUESSED = ("scan", "cfi_scan", "non")


class Recorded:
    """One recorded frame: a pc, or a return address to look for before it."""

    def __init__(self, address, function, exact):
        self.address, self.function, self.exact = address, function, exact

    def fits(self, place, back):
        if self.exact and place == self.address:
            return True
        return self.function != "interrupted" and any(place == self.address - n for n in back)


class Called:
    """One frame of somebody else's stack: a return address, or where a signal
    came; which of the two isn't known."""

    def __init__(self, address):
        self.address, self.function, self.exact = address, "", True

    def fits(self, place, back):
        return any(place == self.address - n for n in (0, *back))


def recorded(thread):
    """A thread's frames; a gap is as many frames as it says of the recursion
    around it. Where a handler returns to is a trampoline's first byte, and
    the frame below it was not called either."""
    found, frames = [], thread["frames"]
    for i, (address, function) in enumerate(frames):
        if address is None:
            found += [Recorded(*frames[i - 1], False)] * int(function)
            continue
        trampoline = i + 1 < len(frames) and frames[i + 1][1] == "interrupted"
        found.append(Recorded(address, function, trampoline or function == "interrupted"))
    return found


def joined(wanted, called):
    """A recorded stack with the frames of another one between its own; None
    when that one lacks some. Where handlers return to was called by nobody."""
    found = match(wanted, [c.address for c in called], (0,))
    have = set(found.values())
    if any(i not in have and not w.exact for i, w in enumerate(wanted)):
        return None
    every, next_one = [], 0
    for i, frame in enumerate(called):
        if i in found:
            every += wanted[next_one:found[i] + 1]
            next_one = found[i] + 1
            while next_one < len(wanted) and next_one not in have:
                every.append(wanted[next_one])
                next_one += 1
        else:
            every.append(frame)
    return every + wanted[next_one:]


# What a frame counts for that says it is a guess: of two that may be the same
# frame the other one is.
GUESS, TRUSTED = 1000, 1001


def match(wanted, places, back, guessed=()):
    """The most of `wanted` that is in `places` in order: {place: wanted}. guessed:
    whether each place is."""
    guessed = guessed or [False] * len(places)
    n = 0
    while n < min(len(wanted), len(places)) and not guessed[n] and wanted[n].fits(places[n], back):
        n += 1
    w, p = wanted[n:], list(zip(places, guessed))[n:]
    best = [[0] * (len(p) + 1) for _ in range(len(w) + 1)]
    for i in range(len(w) - 1, -1, -1):
        row, below = best[i], best[i + 1]
        for j in range(len(p) - 1, -1, -1):
            row[j] = max(below[j], row[j + 1])
            if w[i].fits(p[j][0], back):
                row[j] = max(row[j], below[j + 1] + (GUESS if p[j][1] else TRUSTED))
    found, i, j = {k: k for k in range(n)}, 0, 0
    while i < len(w) and j < len(p):
        if best[i][j] == best[i + 1][j]:
            i += 1
        elif best[i][j] == best[i][j + 1]:
            j += 1
        else:
            found[j + n] = i + n
            i, j = i + 1, j + 1
    return found


class Score:
    """right and missing recorded frames, invented frames, stacks that are
    whole; guesses are invented frames that say they are guesses."""

    def __init__(self):
        self.wanted = self.right = self.stacks = self.whole = self.guesses = 0
        self.every = self.found = 0
        self.invented, self.missing, self.lost = [], [], []

    def add(self, other):
        for name in ("wanted", "right", "stacks", "whole", "guesses", "every", "found"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.invented += other.invented
        self.missing += other.missing
        self.lost += other.lost
        return self

    def stack(self, wanted, frames, back, allowed, every=None):
        """frames: [(place, trust, what)], innermost first. allowed(place, the
        one above it, what is recorded from there on, whether all that was found
        is above it) says whether a frame that isn't recorded may be there: True, False or "once".
        every: the whole stack, if it is known, which then says what may be there."""
        places, guessed = [f[0] for f in frames[1:]], [f[1] in GUESSED for f in frames[1:]]
        found = match(wanted, places, back, guessed)
        self.wanted += len(wanted)
        self.right += len(found)
        self.stacks += 1
        self.whole += len(found) == len(wanted)
        have = set(found.values())
        self.missing += [w for i, w in enumerate(wanted) if i not in have]
        real = found
        if every is not None:
            real = match(every, places, back, guessed)
            self.every += len(every)
            self.found += len(real)
            had = set(real.values())
            self.lost += [c for i, c in enumerate(every) if i not in had]
        following, last, once = 0, max(found, default=-1) + 1, set()
        for i, (place, trust, what) in enumerate(frames):
            following = found.get(i - 1, following - 1) + 1
            if i - 1 in real:
                continue
            verdict = i == 0 or allowed(place, frames[i - 1][0], wanted[following:], i > last)
            if not verdict or (verdict == "once" and place in once):
                self.guesses += trust in GUESSED
                self.invented.append(f"{what} ({trust})")
            elif verdict == "once":
                once.add(place)
        return self
