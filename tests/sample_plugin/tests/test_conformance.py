"""What every plugin should pass."""

from vcloudair_core.testing.conformance import Conformance, Example


class TestConformance(Conformance):
    plugin = "sample"
    examples = (
        Example(
            "sample.greeting",
            specs=[{"name": "moon", "text": "good night"}],
            changed=[{"name": "moon", "text": "good morning"}],
        ),
    )
