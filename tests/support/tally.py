"""What suites in Python say: what holds and what does not."""


class Tally:
    """Says what holds and what does not."""

    def __init__(self) -> None:
        self.passed = self.failed = 0

    def expect(self, holds: bool, message: str) -> None:
        self.passed += holds
        self.failed += not holds
        print(f"{'ok' if holds else 'FAILED'} {message}", flush=True)

    def equal(self, found: object, expected: object, message: str) -> None:
        self.expect(found == expected, message if found == expected else f"{message}: {found!r}, not {expected!r}")
