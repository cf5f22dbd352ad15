"""The org's daily allocation of API requests, over a rolling day of wall time."""

from collections import deque

DAY_SECONDS = 86_400.0
SLICE_SECONDS = 60.0


class Quota:
    """Counts requests of the last 24 hours, in slices of a minute."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self._slices: deque[tuple[float, int]] = deque()

    def take(self, wall: float) -> bool:
        """Whether one more request fits; one that does not is not counted."""
        while self._slices and self._slices[0][0] <= wall - DAY_SECONDS:
            self.used -= self._slices.popleft()[1]
        if self.used >= self.limit:
            return False
        if self._slices and wall - self._slices[-1][0] < SLICE_SECONDS:
            start, count = self._slices.pop()
            self._slices.append((start, count + 1))
        else:
            self._slices.append((wall, 1))
        self.used += 1
        return True

    @property
    def header(self) -> str:
        """The value of `Sforce-Limit-Info`."""
        return f"api-usage={self.used}/{self.limit}"
