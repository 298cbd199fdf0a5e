"""A book as a plain reader keeps it: price → size, the venue's own texts where they are at hand."""

import zlib


class Book:
    def __init__(self, depth: int = 0):
        self.depth = depth  # levels a side; 0 = all
        self.good = False
        self.bids: dict[float, str | float] = {}
        self.asks: dict[float, str | float] = {}
        self.prices: dict[float, str] = {}

    def best(self, side: str, count: int | None = None) -> list[float]:
        return sorted(getattr(self, side), reverse=side == "bids")[:count]

    def put(self, side: str, price: float, size, text: str = "") -> None:
        levels = getattr(self, side)
        if float(size) == 0:
            levels.pop(price, None)
        else:
            levels[price] = size
            self.prices[price] = text

    def cut(self) -> None:
        for side in ("bids", "asks"):
            levels = getattr(self, side)
            if 0 < self.depth < len(levels):
                for price in self.best(side)[self.depth :]:
                    del levels[price]

    def levels(self) -> tuple[tuple, tuple]:
        """Both sides, best first, as numbers."""
        return tuple(
            tuple((price, float(getattr(self, side)[price])) for price in self.best(side))
            for side in ("bids", "asks")
        )

    def checksum(self) -> int:
        """Kraken's: CRC-32 of the digits of the ten best asks, then bids."""
        digits = ""
        for side in ("asks", "bids"):
            for price in self.best(side, 10):
                for text in (self.prices[price], str(getattr(self, side)[price])):
                    digits += text.replace(".", "").lstrip("0")
        return zlib.crc32(digits.encode())
