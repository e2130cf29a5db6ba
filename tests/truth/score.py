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


def match(wanted, places, back):
    """The longest part of `wanted` that is in `places` in order: {place: wanted}."""
    head = {}
    while len(head) < min(len(wanted), len(places)) and wanted[len(head)].fits(places[len(head)], back):
        head[len(head)] = len(head)
    w, p = wanted[len(head):], places[len(head):]
    best = [[0] * (len(p) + 1) for _ in range(len(w) + 1)]
    for i in range(len(w) - 1, -1, -1):
        for j in range(len(p) - 1, -1, -1):
            best[i][j] = (best[i + 1][j + 1] + 1 if w[i].fits(p[j], back)
                          else max(best[i + 1][j], best[i][j + 1]))
    i = j = 0
    while i < len(w) and j < len(p):
        if w[i].fits(p[j], back):
            head[j + len(places) - len(p)] = i + len(wanted) - len(w)
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    return head


class Score:
    """right and missing recorded frames, invented frames, stacks that are
    whole; guesses are invented frames that say they are guesses."""

    def __init__(self):
        self.wanted = self.right = self.stacks = self.whole = self.guesses = 0
        self.invented, self.missing = [], []

    def add(self, other):
        for name in ("wanted", "right", "stacks", "whole", "guesses"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.invented += other.invented
        self.missing += other.missing
        return self

    def stack(self, wanted, frames, back, allowed):
        """frames: [(place, trust, what)], innermost first. allowed(place, the
        one above it, what is recorded from there on, whether all that was found
        is above it) says whether a frame that isn't recorded may be there: True, False or "once"."""
        found = match(wanted, [f[0] for f in frames[1:]], back)
        self.wanted += len(wanted)
        self.right += len(found)
        self.stacks += 1
        self.whole += len(found) == len(wanted)
        have = set(found.values())
        self.missing += [w for i, w in enumerate(wanted) if i not in have]
        following, last, once = 0, max(found, default=-1) + 1, set()
        for i, (place, trust, what) in enumerate(frames):
            if i - 1 in found:
                following = found[i - 1] + 1
                continue
            verdict = i == 0 or allowed(place, frames[i - 1][0], wanted[following:], i > last)
            if not verdict or (verdict == "once" and place in once):
                self.guesses += trust in GUESSED
                self.invented.append(f"{what} ({trust})")
            elif verdict == "once":
                once.add(place)
        return self
